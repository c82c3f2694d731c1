/// Which end of the WebSocket wrote the frames being read. It decides whether they must be masked.
package enum Sender: Sendable {
    case client
    case server

    /// RFC 6455 §5.1: a client masks every frame, a server none.
    package var masks: Bool { self == .client }
}
