import HTTP
import HTTP2
import Testing

@testable import Messages

@Suite("Which frames of HTTP/2 may come, and when")
struct HTTP2FrameOrderTests {
    private static func header(_ type: FrameType, flags: UInt8 = 0, stream: UInt32 = 0) -> FrameHeader {
        FrameHeader(type, flags: flags, stream: stream, length: 0)
    }

    /// - Returns: why the frame may not come; nil if it may.
    private static func refusal(
        _ order: HTTP2FrameOrder, _ header: FrameHeader, within section: UInt32? = nil
    ) -> String? {
        do throws(ConnectionError) {
            try order.check(header, FrameType(rawValue: header.type), within: section)
            return nil
        } catch {
            return error.code == .protocolError ? error.reason : "another code"
        }
    }

    @Test("a client's connection begins with the preface, wherever that is cut")
    func preface() throws {
        let bytes = HTTP2Preface.bytes
        for count in 0..<bytes.count {
            let begun = Array(bytes[..<count])
            #expect(HTTP2Preface.begins(begun.span) == nil)
            let isWhole = try HTTP2Preface.isWhole(in: begun.span)
            #expect(!isWhole)
            let other = begun + [0x21]
            #expect(HTTP2Preface.begins(other.span) == false)
            #expect(throws: ConnectionError.self) { _ = try HTTP2Preface.isWhole(in: other.span) }
        }
        let more = bytes + [0]
        #expect(HTTP2Preface.begins(bytes.span) == true)
        #expect(HTTP2Preface.begins(more.span) == true)
        let isWhole = try HTTP2Preface.isWhole(in: more.span)
        #expect(isWhole)
    }

    @Test("a server awaits the preface, a client awaits none")
    func roles() {
        var server = HTTP2FrameOrder(as: .server)
        #expect(!server.hasPreface)
        server.prefaceCame()
        #expect(server.hasPreface)
        #expect(HTTP2FrameOrder(as: .client).hasPreface)
    }

    @Test("the first frame is SETTINGS, and no acknowledgement of ours")
    func first() {
        var order = HTTP2FrameOrder(as: .server)
        #expect(!order.hasSettings)
        #expect(Self.refusal(order, Self.header(.ping)) == "the first frame is no SETTINGS")
        #expect(Self.refusal(order, Self.header(.settings, flags: 1)) == "the first frame is no SETTINGS")
        #expect(Self.refusal(order, Self.header(.settings)) == nil)
        order.settingsCame()
        #expect(order.hasSettings)
        #expect(Self.refusal(order, Self.header(.ping)) == nil)
    }

    @Test("a field section is continued on its stream, and by nothing else")
    func sections() {
        var order = HTTP2FrameOrder(as: .server)
        order.settingsCame()
        #expect(Self.refusal(order, Self.header(.continuation, stream: 3), within: 3) == nil)
        #expect(Self.refusal(order, Self.header(.continuation, stream: 1), within: 3) == "a field section is interrupted")
        #expect(Self.refusal(order, Self.header(.data, stream: 3), within: 3) == "a field section is interrupted")
        #expect(Self.refusal(order, Self.header(.continuation, stream: 3)) == "a CONTINUATION continues nothing")
        #expect(Self.refusal(order, Self.header(.headers, stream: 3)) == nil)
    }

    @Test("a field section has an end: by its bytes, and by its frames")
    func endless() {
        var limits = HeadLimits()
        limits.maxHeadBytes = 1024
        #expect(Self.taken(2048, limits) == 1)
        #expect(Self.taken(2049, limits) == 0)
        #expect(Self.taken(0, limits) == 10)
    }

    /// - Returns: how many frames of so many bytes are taken, of no more than a hundred.
    private static func taken(_ size: Int, _ limits: HeadLimits) -> Int {
        let fragment = [UInt8](repeating: 0, count: size)
        var section = FieldSectionInProgress(stream: 1, endsStream: true, since: 0)
        for count in 0..<100 {
            do throws(ConnectionError) {
                try section.add(fragment.span, limits: limits)
            } catch {
                #expect(error.code == .enhanceYourCalm)
                #expect(error.key == "limits.max_head_bytes")
                return count
            }
            #expect(section.isOneFrame == (count == 0))
        }
        return 100
    }
}
