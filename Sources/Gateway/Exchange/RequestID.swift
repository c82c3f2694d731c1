import HTTP

/// What tells one request from all others, in the logs of everybody who handles it.
enum RequestID: Sendable {
    /// Made here: 128 bits, written as 32 hexadecimal digits.
    case made(UInt64, UInt64)
    /// A trusted proxy's.
    case given([UInt8])

    /// Bytes that a given identifier may have; a longer one is not taken over.
    private static let maxBytes = 128

    /// - Parameter isTrusted: is the peer believed? Then its own identifier goes on.
    init(of request: RequestHead, isTrusted: Bool, or new: @autoclosure () -> RequestID) {
        guard isTrusted, let given = request.fields.onlyValue(named: "x-request-id"), !given.isEmpty,
            given.count <= Self.maxBytes, given.allSatisfy({ ByteClass.isToken($0) || "/=".utf8.contains($0) })
        else {
            self = new()
            return
        }
        self = .given(given)
    }

    func append(to out: inout [UInt8]) {
        out.append(guessing: 40) { write(to: &$0) }
    }

    func write(to out: inout OutputSpan<UInt8>) {
        switch self {
        case .made(let high, let low):
            out.write(wholeHex: high)
            out.write(wholeHex: low)
        case .given(let bytes): out.write(bytes)
        }
    }
}

/// Makes the identifiers of one worker: no two are the same, and none tells how many there were. It asks the system for
/// randomness once, and goes on by SplitMix64 (Steele, Lea and Flood, 2014), whose outputs are a permutation of its states.
struct RequestIDs {
    /// Another worker's differs.
    private let worker = UInt64.random(in: .min ... .max)
    private var state = UInt64.random(in: .min ... .max)

    mutating func next() -> RequestID { .made(worker, nextWord()) }

    /// 64 bits that nobody can tell from chance.
    mutating func nextWord() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed &>> 31)
    }
}
