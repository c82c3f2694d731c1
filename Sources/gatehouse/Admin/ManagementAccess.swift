import Configuration
import HTTP
import Messages
import TLS
import Transport

/// Who may ask at `[management]`, and what for.
struct ManagementAccess: Sendable {
    /// What somebody may do.
    enum Role: Sendable { case reader, administrator }

    /// Hashes, so that comparing takes as long whatever is shown, its length too.
    private let apiKey: [UInt8]?
    private let readKey: [UInt8]?
    private let hostnames: [String]
    private let isTLS: Bool

    init(_ management: Management) {
        apiKey = management.apiKey.map { Self.hash(Array($0.utf8)) }
        readKey = management.readKey.map { Self.hash(Array($0.utf8)) }
        hostnames = management.hostnames
        isTLS = management.certFile != nil
    }

    /// - Returns: nil, and the answer for them, if they may not ask.
    func role(of head: RequestHead) -> (role: Role?, refusal: ServiceAnswer?) {
        if let refusal = refusalOfPlace(head) { return (nil, refusal) }
        // Then the handshake has seen a certificate that leads to client_ca_file.
        guard apiKey != nil || readKey != nil else { return (.administrator, nil) }
        guard let shown = shownKey(head) else { return (nil, Self.unauthorised) }
        let hash = Self.hash(shown)
        if let apiKey, ConstantTime.areEqual(hash, apiKey) { return (.administrator, nil) }
        if let readKey, ConstantTime.areEqual(hash, readKey) { return (.reader, nil) }
        return (nil, Self.unauthorised)
    }

    /// - Returns: the answer for those who ask by a name, or from a page, that may not; nil for others.
    func refusalOfPlace(_ head: RequestHead) -> ServiceAnswer? {
        guard isHostKnown(head) else {
            return .problem(403, "Ask by an address, by localhost, or by a name of management.hostnames.")
        }
        return isOwnOrigin(head) ? nil : .problem(403, "Pages of other origins may not ask.")
    }

    private static var unauthorised: ServiceAnswer {
        var fields = FieldSection()
        // RFC 6750 §3: which kind of credentials.
        fields.append("WWW-Authenticate", "Bearer")
        return .problem(401, "Show the key: X-API-Key, or Authorization: Bearer.", fields: fields)
    }

    private static func hash(_ key: [UInt8]) -> [UInt8] { Array(ContentHash.hexadecimal(key).utf8) }

    /// Nil if none is shown, or several are.
    private func shownKey(_ head: RequestHead) -> [UInt8]? {
        if let key = head.fields.onlyValue(named: "x-api-key") { return key }
        guard head.fields.count(of: .authorization) == 1, let line = head.fields.first(.authorization) else { return nil }
        let value = head.fields.bytes[line.value]
        guard String(decoding: value.prefix(7), as: UTF8.self).lowercased() == "bearer " else { return nil }
        return Array(value.dropFirst(7))
    }

    /// Against DNS rebinding: a page whose name has come to stand for this machine asks by that name.
    private func isHostKnown(_ head: RequestHead) -> Bool {
        guard let authority = head.authority else { return false }
        let host = head.string(authority.host).lowercased()
        return host == "localhost" || hostnames.contains(host) || SocketAddress(literal: host, port: 0) != nil
    }

    /// A browser says where a page is from that asks (the Fetch standard, "Origin"); who is no browser says nothing.
    private func isOwnOrigin(_ head: RequestHead) -> Bool {
        guard head.fields.contains(.origin) else { return true }
        guard let value = head.fields.onlyValue(named: "origin"), let authority = head.authority else { return false }
        let origin = String(decoding: value, as: UTF8.self).lowercased()
        let own = String(decoding: head.fields.bytes[head.authorityRange], as: UTF8.self).lowercased()
        if origin == "\(isTLS ? "https" : "http")://\(own)" { return true }
        // By such a name it is also asked through a proxy that speaks TLS for it.
        return hostnames.contains(head.string(authority.host).lowercased()) && origin == "https://\(own)"
    }
}
