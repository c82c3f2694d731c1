/// What an attempt to read into a buffer came to.
package enum ReadOutcome: Equatable {
    /// So many bytes were added to the buffer, at least one.
    case bytes(Int)
    /// Nothing is there now.
    case blocked
    /// The peer ended its side in an orderly way: FIN, or close_notify over TLS.
    case end
}
