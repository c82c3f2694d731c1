import COpenSSL

/// What two sides have agreed on, in words for a report.
package struct TLSFacts: Sendable, Equatable {
    /// "TLSv1.3".
    package var version: String
    /// "TLS_AES_256_GCM_SHA384", as OpenSSL spells it.
    package var cipher: String
    /// The group of the key exchange, as IANA's registry of TLS's groups spells it: "x25519"; nil if there was none (RSA, or a
    /// session of TLS 1.2 that was resumed), or OpenSSL does not tell.
    package var group: String?
    /// The host name that the client asked for by SNI, normalised; nil without SNI.
    package var serverName: String?
    /// The protocol that ALPN chose; nil if the client offered nothing.
    package var alpn: String?
    package var isResumed: Bool
    /// Nil where OpenSSL keeps the records: it does not count them.
    package var records: Records?
    /// Nil as above.
    package var ticketsSent: Int?

    /// How many records went since the handshake, or since their key was changed.
    package struct Records: Sendable, Equatable {
        package var received: UInt64
        package var sent: UInt64
    }

    /// - Parameter number: OpenSSL's: a NID, or 0x1000000 and the number in the registry (SSL_get_negotiated_group(3)).
    static func groupName(_ number: Int32) -> String? {
        guard number > 0 else { return nil }
        switch number {
        case NID_X9_62_prime256v1: return "secp256r1"
        case NID_X25519: return "x25519"
        case NID_X448: return "x448"
        case 0x100_11EB: return "SecP256r1MLKEM768"
        case 0x100_11EC: return "X25519MLKEM768"
        case 0x100_11ED: return "SecP384r1MLKEM1024"
        default:
            if number & 0x100_0000 != 0 { return "0x" + String(number & 0xFFFF, radix: 16, uppercase: true) }
            return unsafe OBJ_nid2sn(number).map { unsafe String(cString: $0) }
        }
    }
}

/// What a session keeps of its handshake for `facts`, where the SSL object is gone.
struct RememberedFacts {
    /// OpenSSL's number of the group of the key exchange; 0 if there was none.
    var group: Int32 = 0
    /// The minor version of HTTP/1 that ALPN chose; nil if it chose another protocol.
    var agreedMinorVersion: UInt8?
    /// What was sent behind the handshake, where the records are our own.
    var tickets: UInt8 = 0
}

extension TLSSession {
    /// What is known of a connection whose handshake is done, for reports: it makes strings.
    package var facts: TLSFacts {
        let alpn: String? = speaksHTTP2 ? "h2" : remembered.agreedMinorVersion.map { "http/1.\($0)" }
        var facts = TLSFacts(
            version: version, cipher: cipher, group: TLSFacts.groupName(remembered.group), serverName: serverName, alpn: alpn,
            isResumed: isResumed)
        if let records = unsafe records {
            let counts = unsafe gh_records_counts(records)
            facts.records = TLSFacts.Records(received: counts.received, sent: counts.sent)
            facts.ticketsSent = Int(remembered.tickets)
        }
        return facts
    }
}
