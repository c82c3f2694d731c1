import ACME
import Configuration
import Transport

/// The part of making a plan that is about names which are proved by records.
extension PlanBuilder {
    /// The DNS server of a site's certificates; nil if there is none, or after an error.
    mutating func dnsUpdate(_ acme: ACMESettings, _ keyPath: String) -> DNSUpdate? {
        guard let settings = acme.dnsUpdate else { return nil }
        let path = "\(keyPath).acme.dns_update"
        if acme.dnsHook != nil {
            problem(at: path, "dns_hook proves the names already", hint: "keep one of them")
        }
        guard let server = Self.server(settings.server) else {
            problem(
                at: "\(path).server", "\"\(settings.server)\" is no address",
                hint: "such as \"192.0.2.53:53\" or \"[2001:db8::53]\"")
            return nil
        }
        guard let key = DNSUpdate.Key(name: settings.keyName, base64: settings.keySecret) else {
            problem(at: "\(path).key_secret", "is no base64", hint: "as tsig-keygen and keymgr -t print it")
            return nil
        }
        return DNSUpdate(server: server, zone: settings.zone.lowercased(), key: key, wait: settings.wait.nanoseconds)
    }

    /// Why a zone has no place for the record of a name; nil if it has.
    static func flaw(of name: String, in zone: String) -> String? {
        let zone = zone.lowercased().hasSuffix(".") ? String(zone.lowercased().dropLast()) : zone.lowercased()
        return name == zone || name.hasSuffix("." + zone) ? nil : "it is not of the zone \(zone): acme.dns_update.zone"
    }

    private static func server(_ text: String) -> SocketAddress? {
        if let address = SocketAddress(literal: text, port: 53) { return address }
        let parts = text.split(separator: "]", maxSplits: 1)
        if text.hasPrefix("["), let host = parts.first?.dropFirst() {
            let port = parts.count == 2 ? UInt16(parts[1].dropFirst()) : 53
            return port.flatMap { SocketAddress(literal: String(host), port: $0) }
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        return SocketAddress(literal: String(text[..<colon]), port: port)
    }
}
