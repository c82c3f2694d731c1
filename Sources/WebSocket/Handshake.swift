/// The opening handshake's rules over plain values (RFC 6455 §4). Reading and writing HTTP is others' work.
package enum Handshake {
    /// The one version there is (RFC 6455 §4.1), as the `Sec-WebSocket-Version` field spells it.
    package static var version: String { "13" }

    /// What a request says about upgrading. Where a field occurs in several lines, its value is theirs joined by commas
    /// (RFC 9110 §5.3); `nil` where it does not occur. Whether `Connection` and `Upgrade` ask for the upgrade is for the
    /// HTTP parser to say, as is `Host`.
    package struct Request: Sendable {
        package var isGet: Bool
        package var isHTTP11OrLater: Bool
        /// `Upgrade` lists `websocket` and `Connection` lists `upgrade`, in any case of letters.
        package var asksForUpgrade: Bool
        package var version: [UInt8]?
        package var key: [UInt8]?

        package init(isGet: Bool, isHTTP11OrLater: Bool, asksForUpgrade: Bool, version: [UInt8]?, key: [UInt8]?) {
            self.isGet = isGet
            self.isHTTP11OrLater = isHTTP11OrLater
            self.asksForUpgrade = asksForUpgrade
            self.version = version
            self.key = key
        }
    }

    /// Why the request cannot become a WebSocket; `nil` if it can.
    package static func refusal(of request: Request) -> HandshakeRefusal? {
        // RFC 6455 §4.2.1 (1): a GET of HTTP/1.1 or later.
        guard request.isGet else { return .methodNotGet }
        guard request.isHTTP11OrLater else { return .httpVersionTooOld }
        // RFC 6455 §4.2.1 (3), (4)
        guard request.asksForUpgrade else { return .upgradeNotAsked }
        // RFC 6455 §11.3.5: the version MUST NOT appear more than once. §4.4: another one than 13 is answered by 426.
        guard let version = request.version else { return .versionMissing }
        guard !version.contains(UInt8(ascii: ",")) else { return .versionRepeated }
        guard version == Array(Self.version.utf8) else { return .versionUnsupported }
        // RFC 6455 §4.2.1 (5)
        guard let key = request.key else { return .keyMissing }
        guard isValidKey(key.span) else { return .keyInvalid }
        return nil
    }

    /// A `Sec-WebSocket-Key` for a handshake of our own: sixteen random bytes (RFC 6455 §4.1).
    package static func newKey() -> [UInt8] {
        let random = (0..<16).map { _ in UInt8.random(in: 0...255) }
        return Base64.encode(random.span)
    }

    /// RFC 6455 §4.2.1 (5): "a base64-encoded value that, when decoded, is 16 bytes in length".
    package static func isValidKey(_ key: Span<UInt8>) -> Bool {
        Base64.decodedCount(of: key) == 16
    }

    /// The `Sec-WebSocket-Accept` value, 28 bytes, that answers this `Sec-WebSocket-Key` value (RFC 6455 §4.2.2 (5.4)).
    /// A key's surrounding blanks are not part of it. Nil if libcrypto has no SHA-1 here: nothing can be proven then.
    package static func acceptKey(for key: Span<UInt8>) -> [UInt8]? {
        var input: [UInt8] = []
        for index in key.indices { input.append(key[index]) }
        input.append(contentsOf: "258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
        return SHA1.digest(of: input).map { Base64.encode($0.span) }
    }

    /// Whether `accept`, of a 101 answer, proves that its server read the request with this key (RFC 6455 §4.1, the
    /// client's check 4). Both are known to whoever reads the connection, so the comparison may take what time it likes.
    package static func isValidAccept(_ accept: Span<UInt8>, for key: Span<UInt8>) -> Bool {
        guard let expected = acceptKey(for: key), accept.count == expected.count else { return false }
        for index in expected.indices where accept[index] != expected[index] { return false }
        return true
    }
}
