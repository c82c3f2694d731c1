/// Which version of the PROXY protocol is written.
package enum ProxyHeaderVersion: Sendable, Equatable {
    /// A line of text: addresses alone.
    case v1
    /// Bytes, with fields besides the addresses, and a checksum.
    case v2
}

/// What a server is told of a client's connection besides its addresses, by version 2 alone.
package struct ProxyHeaderFields: Sendable, Equatable {
    /// What ALPN agreed on: PP2_TYPE_ALPN.
    package var alpn: String?
    /// The name that the client asked for by SNI: PP2_TYPE_AUTHORITY.
    package var authority: String?
    /// What is said of the TLS that was taken off here (PP2_TYPE_SSL); nil if none was.
    package var tls: TLS?

    /// What two sides agreed on.
    package struct TLS: Sendable, Equatable {
        /// "TLSv1.3".
        package var version: String
        package var cipher: String
        /// A certificate that the client has shown and that was verified; nil if it showed none.
        package var certificate: Certificate?

        package init(version: String, cipher: String, certificate: Certificate? = nil) {
            self.version = version
            self.cipher = cipher
            self.certificate = certificate
        }
    }

    /// What a client has shown.
    package struct Certificate: Sendable, Equatable {
        /// PP2_SUBTYPE_SSL_CN; nil if there is none that can be told.
        package var commonName: String?
        /// Was it shown in an earlier connection, whose session this one goes on with?
        package var isOfSession: Bool

        package init(commonName: String?, isOfSession: Bool) {
            self.commonName = commonName
            self.isOfSession = isOfSession
        }
    }

    package init() {}
}

/// Writes headers of the PROXY protocol: HAProxy's doc/proxy-protocol.txt, sections 2.1 and 2.2.
package enum ProxyHeaderWriting {
    /// What a connection on behalf of a client begins with.
    /// - Parameters:
    ///   - source: the client's address.
    ///   - destination: where the client has connected to. Where the two are of different families, or Unix sockets, the client
    ///     cannot be named, and the connection is on nobody's behalf: receivers are free to reject a client of no family, and
    ///     HAProxy does.
    ///   - fields: each at most 255 bytes long; longer ones are left out.
    package static func preface(
        _ version: ProxyHeaderVersion, source: SocketAddress, destination: SocketAddress, fields: ProxyHeaderFields
    ) -> ConnectionPreface {
        guard source.family == destination.family, source.family != .unix else { return .ownHeader(version) }
        return switch version {
        case .v1: .bytes(v1(source, destination))
        case .v2: .bytes(v2(source, destination, fields))
        }
    }

    /// The header of a connection that is on nobody's behalf, such as a probe's.
    ///
    /// Receivers must accept LOCAL, and discard all that follows it, so nothing does. Version 1 has UNKNOWN for it, which Apache,
    /// Varnish and Postfix refuse: there the connection is on behalf of the one who makes it.
    /// - Parameters:
    ///   - source: the connection's own end here; nil if it is not known.
    ///   - destination: its other end.
    static func own(_ version: ProxyHeaderVersion, source: SocketAddress?, destination: SocketAddress?) -> [UInt8] {
        switch version {
        case .v1:
            if let source, let destination, source.family == destination.family, source.family != .unix {
                v1(source, destination)
            } else {
                Array("PROXY UNKNOWN\r\n".utf8)
            }
        // LOCAL, AF_UNSPEC, and nothing that follows.
        case .v2: ProxyHeaderV2.signature + [0x20, 0, 0, 0]
        }
    }

    private static func v1(_ source: SocketAddress, _ destination: SocketAddress) -> [UInt8] {
        let family = source.family == .ipv4 ? "TCP4" : "TCP6"
        return Array("PROXY \(family) \(source.host) \(destination.host) \(source.port) \(destination.port)\r\n".utf8)
    }

    private static func v2(_ source: SocketAddress, _ destination: SocketAddress, _ fields: ProxyHeaderFields) -> [UInt8] {
        // A stream over IPv4 or IPv6.
        let family: UInt8 = source.family == .ipv4 ? 0x11 : 0x21
        var content = source.bytes + destination.bytes + two(Int(source.port)) + two(Int(destination.port))
        content += field(0x01, fields.alpn.map { Array($0.utf8) })
        content += field(0x02, fields.authority.map { Array($0.utf8) })
        content += field(0x20, fields.tls.map(tls))
        // The checksum is counted with its own four bytes as zero.
        content += [0x03] + two(4) + [0, 0, 0, 0]
        var header = ProxyHeaderV2.signature + [0x21, family] + two(content.count) + content
        let offset = header.count - 4
        let checksum = ProxyHeaderV2.crc32c(header.span, without: offset)
        for index in 0..<4 { header[offset + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(24 - 8 * index)) }
        return header
    }

    /// Flags: PP2_CLIENT_SSL, and of a certificate PP2_CLIENT_CERT_SESS, and PP2_CLIENT_CERT_CONN if it came by this connection.
    /// Then four bytes, which are zero if a certificate was shown and verified, and then alone.
    private static func tls(_ tls: ProxyHeaderFields.TLS) -> [UInt8] {
        let flags: UInt8 = tls.certificate.map { $0.isOfSession ? 0x05 : 0x07 } ?? 0x01
        return [flags, 0, 0, 0, tls.certificate == nil ? 1 : 0] + field(0x21, Array(tls.version.utf8))
            + field(0x22, tls.certificate?.commonName.map { Array($0.utf8) }) + field(0x23, Array(tls.cipher.utf8))
    }

    private static func field(_ type: UInt8, _ value: [UInt8]?) -> [UInt8] {
        guard let value, !value.isEmpty, value.count <= 255 || type == 0x20 else { return [] }
        return [type] + two(value.count) + value
    }

    private static func two(_ number: Int) -> [UInt8] { [UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)] }
}
