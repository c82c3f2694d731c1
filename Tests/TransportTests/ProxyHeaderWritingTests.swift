import Testing

@testable import Transport

/// Headers of the PROXY protocol as they are written: read again, and byte for byte.
@Suite struct ProxyHeaderWritingTests {
    private let four = (SocketAddress(literal: "192.0.2.7", port: 4711)!, SocketAddress(literal: "198.51.100.1", port: 443)!)
    private let six = (SocketAddress(literal: "2001:db8::7", port: 4711)!, SocketAddress(literal: "2001:db8::1", port: 443)!)

    private func written(
        _ version: ProxyHeaderVersion, _ ends: (SocketAddress, SocketAddress), _ fields: ProxyHeaderFields = ProxyHeaderFields()
    ) -> [UInt8] {
        guard case .bytes(let bytes) = preface(version, ends, fields) else { return [] }
        return bytes
    }

    private func preface(
        _ version: ProxyHeaderVersion, _ ends: (SocketAddress, SocketAddress), _ fields: ProxyHeaderFields = ProxyHeaderFields()
    ) -> ConnectionPreface {
        ProxyHeaderWriting.preface(version, source: ends.0, destination: ends.1, fields: fields)
    }

    private func own(_ version: ProxyHeaderVersion, _ ends: (SocketAddress?, SocketAddress?)) -> [UInt8] {
        ProxyHeaderWriting.own(version, source: ends.0, destination: ends.1)
    }

    @Test func `on nobody's behalf nobody is named: version 2 says LOCAL, version 1 what the receiver sees anyway`() {
        // LOCAL and AF_UNSPEC.
        #expect(own(.v2, four) == [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10, 0x20, 0, 0, 0])
        #expect(own(.v1, four) == written(.v1, four))
        #expect(own(.v1, six) == written(.v1, six))
        // Over a Unix socket there are no addresses, and an unknown one is told of nobody.
        let unix = SocketAddress(family: .unix, bytes: Array("/run/app".utf8), port: 0)
        for ends in [(unix, unix), (nil, four.1), (four.0, nil)] as [(SocketAddress?, SocketAddress?)] {
            #expect(String(decoding: own(.v1, ends), as: UTF8.self) == "PROXY UNKNOWN\r\n")
            let bytes = own(.v2, ends)
            #expect(ProxyHeader.read(bytes.span) == .header(ProxyHeader(), length: bytes.count))
        }
    }

    @Test func `version 1 is a line`() {
        #expect(String(decoding: written(.v1, four), as: UTF8.self) == "PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n")
        #expect(String(decoding: written(.v1, six), as: UTF8.self) == "PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n")
    }

    @Test func `what is written is read as it was meant`() {
        var fields = ProxyHeaderFields()
        fields.alpn = "h2"
        fields.authority = "a.example"
        fields.tls = ProxyHeaderFields.TLS(
            version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256",
            certificate: .init(commonName: "Someone", isOfSession: false))
        for ends in [four, six] {
            let bytes = written(.v2, ends, fields)
            let tls = ProxyHeader.ClientTLS(version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256")
            let header = ProxyHeader(source: ends.0, destination: ends.1, tls: tls)
            #expect(ProxyHeader.read(bytes.span) == .header(header, length: bytes.count))
            for end in 0..<bytes.count { #expect(ProxyHeader.read(bytes.span.extracting(0..<end)) == .incomplete) }
            // The checksum is of all of it.
            for place in 16..<bytes.count - 7 {
                var changed = bytes
                changed[place] ^= 1
                if case .header = ProxyHeader.read(changed.span) { Issue.record("a changed byte \(place) is taken") }
            }
        }
    }

    @Test func `a client that cannot be named is a connection of the sender's own, of which nothing is told`() {
        var fields = ProxyHeaderFields()
        fields.authority = "a.example"
        let unix = SocketAddress(family: .unix, bytes: [], port: 0)
        for ends in [(four.0, six.1), (six.0, four.1), (unix, unix)] {
            #expect(preface(.v1, ends, fields) == .ownHeader(.v1))
            #expect(preface(.v2, ends, fields) == .ownHeader(.v2))
        }
    }

    @Test func `version 2 has its fields, byte for byte`() {
        var fields = ProxyHeaderFields()
        fields.authority = "a"
        fields.tls = ProxyHeaderFields.TLS(version: "T", cipher: "C", certificate: .init(commonName: "N", isOfSession: false))
        let bytes = written(.v2, four, fields)
        let head: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10, 0x21, 0x11, 0, 12 + 4 + 20 + 7]
        let addresses: [UInt8] = [192, 0, 2, 7, 198, 51, 100, 1, 0x12, 0x67, 0x01, 0xBB]
        let tls: [UInt8] = [0x20, 0, 17, 7, 0, 0, 0, 0, 0x21, 0, 1, 0x54, 0x22, 0, 1, 0x4E, 0x23, 0, 1, 0x43]
        #expect(Array(bytes.dropLast(4)) == head + addresses + [0x02, 0, 1, 0x61] + tls + [0x03, 0, 4])
        // A certificate of an earlier connection; one without a name that can be told; and none, which is not verified either.
        let shown: [(certificate: ProxyHeaderFields.Certificate?, content: [UInt8])] = [
            (.init(commonName: "N", isOfSession: true), [5, 0, 0, 0, 0, 0x21, 0, 1, 0x54, 0x22, 0, 1, 0x4E, 0x23, 0, 1, 0x43]),
            (.init(commonName: nil, isOfSession: false), [7, 0, 0, 0, 0, 0x21, 0, 1, 0x54, 0x23, 0, 1, 0x43]),
            (nil, [1, 0, 0, 0, 1, 0x21, 0, 1, 0x54, 0x23, 0, 1, 0x43]),
        ]
        for (certificate, content) in shown {
            fields.tls?.certificate = certificate
            let field = [0x20, 0, UInt8(content.count)] + content
            #expect(Array(written(.v2, four, fields).dropLast(7).suffix(field.count)) == field)
        }
        // What is too long for its receiver is left out.
        fields = ProxyHeaderFields()
        fields.authority = String(repeating: "a", count: 256)
        #expect(written(.v2, four, fields) == written(.v2, four))
    }
}
