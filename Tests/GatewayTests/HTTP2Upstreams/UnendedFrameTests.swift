import TestSupport
import Testing

@Suite("Servers in HTTP/2 whose frames do not end")
struct UnendedFrameTests {
    /// Clients that leave between two bytes of the frame, so that it is far from its end when the test is over.
    private static let clientsPerByte = 10
    /// The first bytes of a frame of 16,384, which no other may follow before it ends.
    private static func beginning(_ type: UInt8, stream: UInt32) -> [UInt8] {
        [0, 0x40, 0, type, Frame.endHeaders] + Frame.number(stream)
    }

    @Test("a byte of one now and then keeps no connection in use on which no answer can come", arguments: [0, 1] as [UInt8])
    func drip(type: UInt8) async throws {
        try await ImpatientClients.come { before, stream in
            guard before % Self.clientsPerByte == 0 else { return [] }
            return before == 0 ? Self.beginning(type, stream: stream) : [0]
        }
    }
}
