import CRecords
import Glibc
import Testing

/// The record layer by value: its peer's records are made here, and its own are opened here.
@Suite struct RecordLayerTests {
    private static let data = Array("some data".utf8)
    private static let suites: [UInt16] = [0x1301, 0x1302, 0x1303]

    @Test(arguments: suites) func `what one side seals the other opens`(suite: UInt16) throws {
        let (secret, other) = (Self.secret(1), Self.secret(2))
        let client = Layer(own: secret, peers: other, suite: suite, isClient: true)
        let server = Layer(own: other, peers: secret, suite: suite)
        for count in [0, 1, 16_383, 16_384, 16_385, 70_000] {
            let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let sealed = try #require(client.seal(payload, head: [9, 8, 7]))
            #expect(server.receive(sealed, piece: 5_000, capacity: 3_000) == Layer.Outcome(data: [9, 8, 7] + payload))
            let answer = try #require(server.seal([1]))
            #expect(client.receive(answer) == Layer.Outcome(data: [1]))
            client.rest()
            server.rest()
        }
    }

    @Test func `a suite that nobody knows is none, and why is told`() {
        #expect(unsafe gh_suite_of(0x1304) == nil && gh_suite_problem(0x1304) != nil)
        #expect(unsafe gh_suite_of(0x1301) != nil && gh_suite_problem(0x1301) == nil)
    }

    @Test func `a record is opened wherever it is cut, and into whatever room`() {
        for capacity in [1, 3, 9, 10, 100] {
            for piece in 1...60 {
                var peer = Side(secret: Self.secret(1))
                let records = peer.seal(GH_APPLICATION_DATA, Self.data, padding: 3) + peer.seal(GH_APPLICATION_DATA, Self.data)
                let outcome = Self.layer().receive(records, piece: piece, capacity: capacity)
                #expect(outcome == Layer.Outcome(data: Self.data + Self.data), "pieces of \(piece), a room of \(capacity)")
            }
        }
    }

    @Test func `what came before a bad record is good, and then it fails for good`() {
        var peer = Side(secret: Self.secret(1))
        let good = peer.seal(GH_APPLICATION_DATA, Self.data)
        var bad = peer.seal(GH_APPLICATION_DATA, Self.data)
        bad[7] ^= 1
        let layer = Self.layer()
        #expect(layer.receive(good + bad) == Layer.Outcome(data: Self.data, result: GH_FAILED))
        #expect(layer.open(10).result == GH_FAILED)
        #expect(layer.seal([1]) == nil)
        #expect(Self.alert(of: layer) == [2, 20])
        // It is said once.
        #expect(!layer.owes && layer.sealOwed().isEmpty)
    }

    @Test func `a key is replaced before it has protected too much`() async {
        // In a process of its own: other tests lower the number.
        await #expect(processExitsWith: .exitCode(0)) {
            // RFC 8446 §5.5: AES-GCM takes 2^24.5 records.
            let most: UInt64 = 1 << 23
            let layer = Layer(own: Self.secret(2), peers: Self.secret(1), sent: most - 1)
            var own = Side(secret: Self.secret(2))
            own.skip(most - 1)
            let last = own.open(layer.seal([1]) ?? [])
            let sealed = layer.seal([2]) ?? []
            let update = own.open(Array(sealed.prefix(27)))
            own.nextKey()
            let first = own.open(Array(sealed.dropFirst(27)))
            let isUpdate = update?.type == GH_HANDSHAKE && update?.content == [24, 0, 0, 1, 0]
            exit(last?.content == [1] && isUpdate && first?.content == [2] ? 0 : 1)
        }
    }

    @Test func `close_notify is said once, and nothing after it`() {
        let layer = Self.layer()
        layer.close()
        #expect(Self.alert(of: layer) == [1, 0])
        layer.close()
        #expect(layer.sealOwed().isEmpty && layer.seal([1]) == nil)
        #expect(layer.problem == "nothing can be sent after close_notify")
    }

    // MARK: -

    static func secret(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: GH_LONGEST_SECRET) }

    /// A layer whose peer has `secret(1)`, and which has `secret(2)`.
    static func layer(isClient: Bool = false) -> Layer { Layer(own: secret(2), peers: secret(1), isClient: isClient) }

    /// The alert that a layer with no record sent so far owes.
    static func alert(of layer: Layer) -> [UInt8]? {
        var own = Side(secret: secret(2))
        guard let (type, content) = own.open(layer.sealOwed()), type == GH_ALERT else { return nil }
        return content
    }
}
