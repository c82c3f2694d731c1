import Configuration
import HTTP
import TLS
import Transport

/// What access lines say of a client's connection: it is the same in all of them, and to ask OpenSSL for words and to make a text
/// of an address for each line would cost more than all the rest of it.
final class LoggedConnection {
    /// The address of whoever is at the other end.
    let peer: [UInt8]
    /// The names of the format that `facts` are written in.
    private var names: AccessLineNames?
    private var facts: [UInt8]?

    init(_ endpoint: ClientEndpoint) {
        peer = Array(endpoint.peer.host.utf8)
    }

    /// What is known of its TLS: members of an object, or ` tls=VERSION/CIPHER` in other lines; empty where there is no TLS.
    /// - Parameters:
    ///   - passedName: what the client of a connection of `[[tcp]]` has asked for by SNI.
    ///   - names: the format's; nil if its lines are no objects.
    func facts(_ endpoint: ClientEndpoint, passedName: String?, by names: AccessLineNames?) -> [UInt8] {
        if let facts, names === self.names { return facts }
        let escape = AccessLine.escape(in: names)
        var made: [UInt8] = []
        made.append(guessing: 256) { out in
            if let names {
                for (field, name) in names.connection {
                    FieldForm.member(name).write(Self.value(of: field, endpoint, passedName), by: escape, to: &out)
                }
            } else if let tls = endpoint.tls {
                out.write(" tls=")
                out.write("\(tls.version)/\(tls.cipher)", by: escape)
            }
        }
        (self.names, facts) = (names, made)
        return made
    }

    /// What is said of one field; nil where there is nothing to be told.
    static func value(of field: LogField, _ endpoint: ClientEndpoint, _ passedName: String?) -> Value? {
        switch field {
        case .tls: endpoint.tls.map { .word($0.version) }
        case .tls_version: endpoint.tls.map { .word($0.version.hasPrefix("TLSv") ? String($0.version.dropFirst(4)) : $0.version) }
        case .cipher: endpoint.tls.map { .word($0.cipher) }
        case .server_name: (endpoint.session?.serverName ?? passedName).map { .word($0) }
        case .alpn: endpoint.session?.facts.alpn.map { .word($0) }
        case .resumed: endpoint.session.map { .flag($0.isResumed) }
        case .client_cert: endpoint.clientCertificate.map { .word($0.subject) }
        default: nil
        }
    }

    enum Value {
        case word(String)
        case flag(Bool)
    }
}
