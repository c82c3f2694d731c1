import HTTP

/// What a person who types a request by hand (openssl s_client, telnet) is told of a message that breaks a rule. Programs have
/// the reason's word.
extension RefusalReason {
    /// Nil where the word says it all.
    var advice: String? {
        switch self {
        case .bareLF:
            "A line ended with LF alone, and the lines of HTTP end with CRLF. With openssl s_client: add -crlf. "
                + "Its commands (Q, R, K) are sent as data when it has -quiet or -ign_eof."
        case .methodMalformed, .requestLineMalformed:
            "A request begins with a line such as: GET / HTTP/1.1"
        case .versionMalformed:
            "The first line ends with the version: GET / HTTP/1.1. HTTP/0.9 is not spoken here."
        case .hostMissing: "HTTP/1.1 wants the name of the site: Host: www.example.com"
        case .fieldNameMalformed: "Behind the first line each line is a field, such as: Host: www.example.com"
        case .spaceBeforeColon: "There is a space between a field's name and its colon."
        case .http2Preface:
            "This connection has not agreed on HTTP/2. With openssl s_client: -alpn h2 agrees on it, though its frames are "
                + "not typed by hand."
        case .tlsOnPlainPort: "This port speaks plain HTTP, and a TLS handshake came. Use http://, or the site's port for https."
        default: nil
        }
    }
}
