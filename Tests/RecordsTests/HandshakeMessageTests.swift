import CRecords
import Testing

/// KeyUpdates and tickets after the handshake (RFC 8446 §4.6, §5.1).
@Suite struct HandshakeMessageTests {
    private static let unexpectedMessage: UInt8 = 10
    private static let illegalParameter: UInt8 = 47
    private static let decodeError: UInt8 = 50

    @Test(arguments: 1...4) func `a KeyUpdate may be cut over two records`(first: Int) {
        let message: [UInt8] = [24, 0, 0, 1, 1]
        var peer = Side(secret: RecordLayerTests.secret(1))
        var records = peer.seal(GH_HANDSHAKE, Array(message[..<first]))
        records += peer.seal(GH_HANDSHAKE, Array(message[first...]))
        peer.nextKey()
        records += peer.seal(GH_APPLICATION_DATA, [7])
        let layer = RecordLayerTests.layer()
        #expect(layer.receive(records) == Layer.Outcome(data: [7]))
        #expect(layer.owes)
    }

    @Test func `a KeyUpdate may be cut into single bytes`() {
        var peer = Side(secret: RecordLayerTests.secret(1))
        var records: [UInt8] = []
        for byte: UInt8 in [24, 0, 0, 1, 0] { records += peer.seal(GH_HANDSHAKE, [byte]) }
        peer.nextKey()
        records += peer.seal(GH_APPLICATION_DATA, [7])
        #expect(RecordLayerTests.layer().receive(records) == Layer.Outcome(data: [7]))
    }

    @Test(arguments: 1...20) func `tickets are skipped wherever they are cut`(first: Int) {
        let tickets: [UInt8] = [4, 0, 0, 5, 1, 2, 3, 4, 5, 4, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7, 4, 0, 0, 0]
        var peer = Side(secret: RecordLayerTests.secret(1))
        var records = peer.seal(GH_HANDSHAKE, Array(tickets[..<first]))
        records += peer.seal(GH_HANDSHAKE, Array(tickets[first...]))
        records += peer.keyUpdate() + peer.seal(GH_APPLICATION_DATA, [7])
        #expect(RecordLayerTests.layer(isClient: true).receive(records) == Layer.Outcome(data: [7]))
    }

    /// Records of the handshake layer but for the last, whose type is named.
    private static let refused: [(records: [[UInt8]], last: Int, alert: UInt8)] = [
        ([[24, 0, 0, 1, 2]], GH_HANDSHAKE, illegalParameter), ([[24, 0, 0, 1, 255]], GH_HANDSHAKE, illegalParameter),
        ([[24, 0, 0, 0]], GH_HANDSHAKE, decodeError), ([[24, 0, 0, 2, 0, 0]], GH_HANDSHAKE, decodeError),
        ([[24, 255, 255, 255]], GH_HANDSHAKE, decodeError), ([[24, 0], [0, 2, 0]], GH_HANDSHAKE, decodeError),
        ([[24, 0, 0, 1, 0, 24]], GH_HANDSHAKE, unexpectedMessage), ([[24, 0], [0, 1, 0, 4]], GH_HANDSHAKE, unexpectedMessage),
        ([[24, 0], [1]], GH_APPLICATION_DATA, unexpectedMessage), ([[24, 0, 0, 1], []], GH_APPLICATION_DATA, unexpectedMessage),
        ([[24], []], GH_HANDSHAKE, unexpectedMessage), ([[1]], GH_HANDSHAKE, unexpectedMessage),
        ([[4, 0, 0, 9]], GH_HANDSHAKE, unexpectedMessage),
    ]

    @Test(arguments: refused.indices) func `a wrong message is refused with its alert`(index: Int) {
        let (contents, last, alert) = Self.refused[index]
        var peer = Side(secret: RecordLayerTests.secret(1))
        var records: [UInt8] = []
        for content in contents.dropLast() { records += peer.seal(GH_HANDSHAKE, content) }
        records += peer.seal(last, contents[contents.count - 1])
        let layer = RecordLayerTests.layer()
        #expect(layer.receive(records).result == GH_FAILED)
        #expect(RecordLayerTests.alert(of: layer) == [2, alert])
    }

    @Test func `data between the pieces of a ticket are refused`() {
        var peer = Side(secret: RecordLayerTests.secret(1))
        let records = peer.seal(GH_HANDSHAKE, [4, 0, 0, 9, 1]) + peer.seal(GH_APPLICATION_DATA, [1])
        #expect(RecordLayerTests.layer(isClient: true).receive(records).result == GH_FAILED)
    }

    @Test func `33 KeyUpdates in a row are too many`() {
        var peer = Side(secret: RecordLayerTests.secret(1))
        let layer = RecordLayerTests.layer()
        for _ in 0..<32 { #expect(layer.receive(peer.keyUpdate(asks: 1)).result == GH_MOVED) }
        #expect(layer.receive(peer.keyUpdate(asks: 1)).result == GH_FAILED)
        #expect(RecordLayerTests.alert(of: layer) == [2, Self.unexpectedMessage])
    }

    @Test func `for each record that a peer gets it may ask for one more key`() throws {
        var peer = Side(secret: RecordLayerTests.secret(1))
        let layer = RecordLayerTests.layer()
        for _ in 0..<1000 { #expect(layer.seal([1]) != nil) }
        for _ in 0..<1032 { #expect(layer.receive(peer.keyUpdate(asks: 1)).result == GH_MOVED) }
        #expect(layer.receive(peer.keyUpdate()).result == GH_FAILED)
    }

    @Test func `with no room, what has no data is taken, and data are kept for whoever has some`() {
        var peer = Side(secret: RecordLayerTests.secret(1))
        let layer = RecordLayerTests.layer()
        layer.add(peer.keyUpdate(asks: 1) + peer.seal(GH_APPLICATION_DATA, [1, 2, 3]))
        let untouched = peer.seal(GH_APPLICATION_DATA, [4])
        layer.add(untouched)
        let (data, _, result) = layer.open(0)
        #expect(data.isEmpty && result == GH_MOVED && layer.owes)
        #expect(layer.open(2).data == [1, 2])
        #expect(layer.open(2).data == [3])
        #expect(layer.open(2).data == [4])
    }
}
