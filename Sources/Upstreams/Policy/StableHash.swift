import HTTP

/// A hash of short byte strings that is the same in every process and on every gateway: FNV-1a and a finaliser.
///
/// No cryptography: whoever chooses the bytes can make them collide. It decides only which server of a group a key belongs to. A
/// client that wants its requests on one server need not look for collisions, since it can send one key every time.
package struct StableHash: Sendable {
    private var fnv = FNV1a()

    package init() {}

    /// Adds a byte.
    package mutating func combine(_ byte: UInt8) { fnv.combine(byte) }

    /// Adds bytes.
    package mutating func combine(_ text: String.UTF8View) {
        for byte in text { fnv.combine(byte) }
    }

    /// The hash, its bits evenly mixed, which FNV-1a's low ones are not.
    package var value: UInt64 { Self.fmix64(fnv.value) }

    /// The finaliser of MurmurHash3, by its name there: consecutive numbers become as good as random ones.
    static func fmix64(_ number: UInt64) -> UInt64 {
        var word = number &+ 0x9e37_79b9_7f4a_7c15
        word = (word ^ word &>> 33) &* 0xff51_afd7_ed55_8ccd
        word = (word ^ word &>> 33) &* 0xc4ce_b9fe_1a85_ec53
        return word ^ word &>> 33
    }
}
