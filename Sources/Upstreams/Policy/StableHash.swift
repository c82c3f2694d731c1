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
    package var value: UInt64 { UpstreamGroup.mixed(fnv.value) }
}
