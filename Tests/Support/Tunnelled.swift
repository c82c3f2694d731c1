/// A WebSocket's handshake by hand, with the key and the answer of RFC 6455 §1.3.
package struct Tunnelled {
    package let wire: Wire
    /// The name in the upstream's 101.
    package let server: String?

    package init(_ port: FreePort, _ target: String = "/tunnel") throws {
        wire = try Wire(to: port.number)
        try wire.write(
            "GET \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        let head = try wire.head()
        server = head.status == 101 ? head.value("X-Server") : nil
    }

    /// The upstream's part of it.
    package static func accept(_ name: String) -> String {
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Server: \(name)\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    }
}
