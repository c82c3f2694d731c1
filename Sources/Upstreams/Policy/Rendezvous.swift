import Glibc

/// Rendezvous hashing (Thaler and Ravishankar, 1996), weighted: each pair of key and server has a cost, and a key belongs to its
/// cheapest server. A server that comes or goes moves the keys that are or were its own, and no others.
enum Rendezvous {
    /// An exponentially distributed number with rate `weight`: the chance of being the lowest is the weight's share.
    static func cost(server: UInt64, key: UInt64, weight: Int) -> Double {
        // 53 bits make a number above 0 and below 1.
        let uniform = (Double(StableHash.fmix64(server ^ key) &>> 11) + 0.5) * 0x1p-53
        return -log(uniform) / Double(weight)
    }
}

/// What a request is spread by, with the method `hash`.
package enum HashSource: Sendable, Hashable {
    /// The client's address.
    case client
    case path
    /// A field of the request; the name in lower case. Requests without it belong together.
    case header(String)
    case cookie(String)

    /// The key of a value: the same in every process.
    package static func key(_ bytes: [UInt8], _ range: Range<Int>) -> UInt64 {
        var hash = StableHash()
        for index in range { hash.combine(bytes[index]) }
        return hash.value
    }

    /// The key of a text.
    package static func key(_ text: String.UTF8View) -> UInt64 {
        var hash = StableHash()
        hash.combine(text)
        return hash.value
    }
}
