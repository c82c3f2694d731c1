import Testing
import WebSocket

/// Observer and decoder share their rules but not their reading; on the same bytes they must come to the same end.
struct AgreementTests {
    static let limit = 400

    @Test(arguments: 0..<64 as Range<UInt64>)
    func `observer and decoder agree on random conversations`(_ seed: UInt64) {
        var random = SplitMix(state: seed)
        for _ in 0..<40 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...12, using: &random) { bytes += Self.frame(&random) }
            if Int.random(in: 0..<3, using: &random) == 0 {
                bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            compare(bytes, &random)
        }
    }

    @Test(arguments: 0..<16 as Range<UInt64>)
    func `observer and decoder agree on noise`(_ seed: UInt64) {
        var random = SplitMix(state: seed)
        for _ in 0..<200 {
            let count = Int.random(in: 1...60, using: &random)
            compare((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }, &random)
        }
    }

    private func compare(_ bytes: [UInt8], _ random: inout SplitMix) {
        let pieces = Self.pieces(of: bytes, &random)
        let decoded = Decoded(pieces, maxMessageSize: Self.limit)
        var observer = FrameObserver(of: .client, maxMessageSize: Self.limit)
        observer.observe(pieces)
        var whole = FrameObserver(of: .client, maxMessageSize: Self.limit)
        whole.observe([bytes[...]])
        #expect(observer.counters == whole.counters && observer.firstViolation == whole.firstViolation, "\(bytes)")

        switch decoded.violation {
        case .invalidUTF8: break
        case let violation?: #expect(observer.firstViolation == violation, "\(bytes)")
        case nil where observer.hasSeenClose:
            // The decoder stopped reading there.
            let isClose = if case .close(observer.closeCode, _) = decoded.events.last { true } else { false }
            #expect(isClose, "\(bytes)")
        case nil:
            // A forbidden code is seen before its Close frame has ended, where the decoder still waits.
            let isEarly = observer.firstViolation == .closeCodeNotAllowed && !observer.isAtFrameBoundary
            #expect(observer.firstViolation == nil || isEarly, "\(bytes)")
            let counters = observer.counters
            #expect(Self.counts(decoded.events) == [counters.messages, counters.pings, counters.pongs])
        }
    }

    private static func counts(_ events: [MessageDecoder.Event]) -> [Int] {
        events.reduce(into: [0, 0, 0]) { counts, event in
            switch event {
            case .text, .binary: counts[0] += 1
            case .ping: counts[1] += 1
            case .pong: counts[2] += 1
            case .close: break
            }
        }
    }

    /// Mostly right, rarely wrong.
    private static func frame(_ random: inout SplitMix) -> [UInt8] {
        let opcode: Opcode =
            switch Int.random(in: 0..<40, using: &random) {
            case 0..<14: .text
            case 14..<24: .binary
            case 24..<30: .continuation
            case 30..<34: .ping
            case 34..<38: .pong
            case 38: .close
            default: Opcode(rawValue: UInt8.random(in: 0..<16, using: &random))
            }
        var header = FrameHeader(opcode: opcode, payloadLength: 0)
        header.fin = opcode.isControl || Int.random(in: 0..<4, using: &random) > 0
        var payload = (0..<Int.random(in: 0..<130, using: &random)).map { UInt8(32 + $0 % 90) }
        if opcode.isControl { payload = Array(payload.prefix(125)) }
        if opcode == .close { payload = [3, UInt8.random(in: 0xE6...0xF8, using: &random)] + payload.prefix(9) }
        let key = MaskKey(bigEndian: UInt32.random(in: .min ... .max, using: &random))
        let isMasked = Int.random(in: 0..<60, using: &random) > 0
        return WebSocketTests.frame(opcode, payload, fin: header.fin, maskKey: isMasked ? key : nil)
    }

    private static func pieces(of bytes: [UInt8], _ random: inout SplitMix) -> [ArraySlice<UInt8>] {
        var rest = bytes[...]
        var pieces: [ArraySlice<UInt8>] = []
        while !rest.isEmpty {
            let count = min(rest.count, Int.random(in: 1...50, using: &random))
            pieces.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return pieces
    }
}

/// The same numbers in every run: a failure's seed is enough to see it again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
