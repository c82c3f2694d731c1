/// What the method `hash` looks at: the words of `hash_on`.
package enum HashKey: Sendable, Hashable {
    case client
    case path
    /// A field's name, lower case.
    case header(String)
    case cookie(String)
}
