/// Comparing what proves who somebody is, keys and tokens, in a time that does not tell how much is right.
package enum ConstantTime {
    /// Are they the same? All bytes are looked at, so that the time says nothing about how many of them are right; of bytes that
    /// are not as many, it says that.
    package static func areEqual(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        guard first.count == second.count else { return false }
        var differences: UInt8 = 0
        // Statements, not one expression: in Swift, unlike C, `a | b ^ c` is `(a | b) ^ c`, in which differences can be undone.
        for (one, other) in zip(first, second) { differences |= one ^ other }
        return differences == 0
    }
}
