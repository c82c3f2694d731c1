/// A password that is to be held against a hash, and of whom it is.
///
/// An object: so many words are more than a function that may wait has in registers, and from such a call Swift 6.3 without
/// optimisation does not find its way back.
final class PasswordCheck: Sendable {
    let password: [UInt8]
    let hash: String
    /// Of the user with this password and this hash: see `PasswordCache.number`.
    let number: UInt128
    /// The number of where it comes from: networks take turns.
    let network: UInt64

    init(_ password: [UInt8], of hash: String, _ number: UInt128, from network: UInt64) {
        (self.password, self.hash, self.number, self.network) = (password, hash, number, network)
    }
}
