import HTTP
import TLS
import Transport

/// Who sends a request, as far as variables tell.
protocol RequestSender {
    var peer: SocketAddress { get }
    /// The listener's port.
    var port: UInt16 { get }
    /// Nil on a plain connection.
    var tls: ClientEndpoint.TLSParameters? { get }
    /// Nil if it has shown none.
    var clientCertificate: ClientCertificate? { get }

    func clientAddress(of request: RequestHead, for site: SitePlan) -> IPAddress?
    func forwarding(to site: SitePlan) -> ClientPeer
}

extension ClientEndpoint: RequestSender {}

/// What variables stand for in one exchange. Nothing in it can end a line: each value is a number, a word of ours, or bytes of
/// the request that the parser has let pass, which are no control bytes.
struct ExchangeVariables: RequestVariables {
    let request: RequestHead
    let endpoint: any RequestSender
    let site: SitePlan
    /// Where the path goes on behind the route's prefix.
    let remainder: Int
    /// What the groups of the route's expression took, decoded.
    let captures: [[UInt8]]
    let requestID: RequestID

    func append(_ variable: RequestVariable, to out: inout [UInt8]) {
        switch variable {
        case .clientIP:
            endpoint.clientAddress(of: request, for: site)?.append(to: &out)
        case .clientPort: out.append(decimal: UInt64(endpoint.peer.port))
        case .scheme: out.append(endpoint.forwarding(to: site).scheme(of: request).span)
        case .host: out.append(contentsOf: request.lowercasedHost.utf8)
        case .port: out.append(decimal: UInt64(request.authority?.port ?? endpoint.port))
        case .method: out.append(request.fields.bytes, request.methodRange)
        case .path: appendPath(request.path, to: &out)
        case .uri: appendPath(request.pathAndQuery, to: &out)
        case .query: out.append(request.fields.bytes, request.query.dropFirst())
        case .remainder: appendRemainder(to: &out)
        case .requestID: requestID.append(to: &out)
        case .httpVersion: out.append(request.isHTTP2 ? "2.0" : request.minorVersion == 0 ? "1.0" : "1.1")
        case .tlsVersion: if let tls = endpoint.tls { out.append(contentsOf: tls.version.utf8) }
        case .tlsCipher: if let tls = endpoint.tls { out.append(contentsOf: tls.cipher.utf8) }
        case .clientCertVerify, .clientCertSubject, .clientCertIssuer, .clientCertSerial, .clientCertFingerprint, .clientCert,
            .clientCertChain:
            appendCertificate(variable, to: &out)
        case .site: out.append(contentsOf: site.name.utf8)
        }
    }

    func appendCapture(_ number: Int, to out: inout [UInt8]) {
        if captures.indices.contains(number - 1) { ComparedPath.append(captures[number - 1][...], to: &out) }
    }

    /// Nothing, but for whether there is one, of a client that has shown none.
    private func appendCertificate(_ variable: RequestVariable, to out: inout [UInt8]) {
        let certificate = endpoint.clientCertificate
        if variable == .clientCertVerify {
            return out.append(contentsOf: (certificate == nil ? "NONE" : "SUCCESS").utf8)
        }
        guard let certificate else { return }
        switch variable {
        case .clientCertSubject: out.append(contentsOf: certificate.subject.utf8)
        case .clientCertIssuer: out.append(contentsOf: certificate.issuer.utf8)
        case .clientCertSerial: out.append(contentsOf: certificate.serial.utf8)
        case .clientCertFingerprint: out.append(contentsOf: certificate.fingerprint.utf8)
        case .clientCert: out.append(contentsOf: certificate.field)
        case .clientCertChain: out.append(contentsOf: certificate.chainField)
        default: break
        }
    }

    /// The asterisk of OPTIONS is no path.
    private func appendPath(_ range: Range<Int>, to out: inout [UInt8]) {
        if request.form == .asterisk { return out.append(UInt8(ascii: "/")) }
        out.append(request.fields.bytes, range)
    }

    /// Empty, or beginning with exactly one slash.
    private func appendRemainder(to out: inout [UInt8]) {
        let end = request.path.upperBound
        guard remainder < end else { return }
        out.append(UInt8(ascii: "/"))
        out.append(request.fields.bytes, PathPrefix.behindSeparators(request.fields.bytes.span, remainder..<end)..<end)
    }
}
