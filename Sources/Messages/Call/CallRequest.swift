package import HTTP

extension Call {
    /// What is asked.
    package struct Request: Sendable {
        /// CONNECT and methods without a name cannot be called.
        package var method: Method
        /// The target in origin-form (RFC 9112 §3.2.1), already escaped: "/health?all".
        package var target: [UInt8]
        /// The value of `Host`: host and, if it is not the scheme's, port.
        package var authority: [UInt8]
        /// Further field lines. What frames the message or speaks of the connection is not the caller's: such lines are a flaw.
        package var fields = FieldSection()
        /// Nil: none. It is sent with its length.
        package var body: [UInt8]?

        package init(_ method: Method = .get, _ target: [UInt8], authority: [UInt8]) {
            self.method = method
            self.target = target
            self.authority = authority
        }
    }
}

extension Call.Request {
    /// What a call writes itself.
    private static let own: [KnownField] = [
        .host, .contentLength, .transferEncoding, .connection, .keepAlive, .te, .trailer, .upgrade, .expect,
    ]

    /// What keeps the request from being one message; nil if nothing does.
    var flaw: String? {
        if method.name == nil || method == .connect { return "a method that is not called" }
        // RFC 9110 §9.3.8.
        if method == .trace, body != nil { return "a TRACE with a body" }
        guard target.first == 0x2F, target.allSatisfy({ 0x21...0x7E ~= $0 && $0 != 0x23 }) else {
            return "the target is no origin-form"
        }
        guard !authority.isEmpty, authority.allSatisfy({ 0x21...0x7E ~= $0 && !Array("/?#@\\,".utf8).contains($0) }) else {
            return "the authority is no host and port"
        }
        if !fields.isSendable { return "a field line is more than a line" }
        return Self.own.contains { fields.contains($0) } ? "a field that is not the caller's" : nil
    }

    /// RFC 9110 §8.6: a length is stated also of nothing where the method expects something.
    private var length: Int? {
        method.hasUseForContent ? body?.count ?? 0 : body?.count
    }

    /// As HTTP/1 sends it.
    /// - Parameter isLast: whether the connection is to be closed after the answer (RFC 9112 §9.6).
    func head(isLast: Bool) -> [UInt8] {
        var out: [UInt8] = []
        out.append(method.name ?? "")
        out.append(0x20)
        out.append(target.span)
        out.append(" HTTP/1.1\r\nHost: ")
        out.append(authority.span)
        out.append("\r\n")
        fields.appendLines(to: &out)
        if let length {
            out.append("Content-Length: ")
            out.append(decimal: UInt64(length))
            out.append("\r\n")
        }
        out.append(isLast ? "Connection: close\r\n\r\n" : "\r\n")
        return out
    }
}
