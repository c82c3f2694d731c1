import HTTP2
import Testing

@testable import Messages

@Suite("What of a frame of HTTP/2 is its content")
struct FrameContentTests {
    /// - Returns: where the payload is, or why it cannot be told; nil if more has to come.
    private static func data(_ flags: UInt8, length: Int, _ come: [UInt8] = []) -> (content: DataContent?, code: ErrorCode?) {
        let bytes = [UInt8](repeating: 0, count: FrameHeader.size) + come
        do throws(ConnectionError) {
            return (try FrameHeader(.data, flags: flags, stream: 1, length: length).dataContent(bytes.span), nil)
        } catch {
            return (nil, error.code)
        }
    }

    /// - Returns: what of the payload is fields, or why it cannot be told.
    private static func block(_ flags: UInt8, _ payload: [UInt8]) -> (range: Range<Int>?, code: ErrorCode?) {
        let header = FrameHeader(.headers, flags: flags, stream: 3, length: payload.count)
        do throws(ConnectionError) {
            return (try header.fieldBlock(payload.span), nil)
        } catch {
            return (nil, error.code)
        }
    }

    @Test("DATA without padding is known by its header")
    func plainData() {
        #expect(Self.data(0, length: 5).content == DataContent(start: 9, payload: 5, padding: 0))
        #expect(Self.data(1, length: 0).content == DataContent(start: 9, payload: 0, padding: 0))
    }

    @Test("DATA with padding is known when the padding's length has come, and may be all padding")
    func paddedData() {
        let waiting = Self.data(8, length: 5)
        #expect(waiting.content == nil)
        #expect(waiting.code == nil)
        #expect(Self.data(8, length: 5, [0]).content == DataContent(start: 10, payload: 4, padding: 0))
        #expect(Self.data(8, length: 5, [3]).content == DataContent(start: 10, payload: 1, padding: 3))
        #expect(Self.data(8, length: 5, [4]).content == DataContent(start: 10, payload: 0, padding: 4))
        #expect(Self.data(8, length: 5, [5]).code == .protocolError)
        #expect(Self.data(8, length: 0).code == .frameSizeError)
    }

    @Test("DATA that comes in pieces is payload first, and over with its padding", arguments: 1...9)
    func pieces(step: Int) {
        var data = DataInProgress(stream: nil, payload: 5, padding: 3, endsStream: true)
        var (payload, padding, rest) = (0, 0, 8)
        while rest > 0 {
            #expect(!data.isOver)
            let taken = data.take(of: step)
            #expect(taken.payload + taken.padding == min(step, rest))
            #expect(taken.payload == 0 || padding == 0)
            payload += taken.payload
            padding += taken.padding
            rest -= taken.payload + taken.padding
        }
        #expect(data.isOver)
        #expect(payload == 5)
        #expect(padding == 3)
    }

    @Test("fields are what is neither padding nor a priority")
    func fields() {
        #expect(Self.block(4, [1, 2, 3]).range == 0..<3)
        #expect(Self.block(4, []).range == 0..<0)
        #expect(Self.block(8, [1, 2, 3]).range == 1..<2)
        #expect(Self.block(8, [2, 2, 3]).range == 1..<1)
        #expect(Self.block(0x20, [0, 0, 0, 1, 16, 7]).range == 5..<6)
        #expect(Self.block(0x28, [1, 0, 0, 0, 1, 16, 7, 0]).range == 6..<7)
    }

    @Test("fields that padding or a priority leaves no room for are refused, and a stream that depends on itself")
    func noFields() {
        #expect(Self.block(8, []).code == .frameSizeError)
        #expect(Self.block(8, [3, 2, 3]).code == .protocolError)
        #expect(Self.block(0x20, [0, 0, 0, 1]).code == .frameSizeError)
        #expect(Self.block(0x28, [1, 0, 0, 0, 1, 16]).code == .protocolError)
        #expect(Self.block(0x20, [0x80, 0, 0, 3, 16]).code == .protocolError)
    }
}
