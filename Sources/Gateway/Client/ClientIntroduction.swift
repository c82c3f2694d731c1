import TLS
import Transport
import Upstreams

/// What a server is told of a client before all else, by the PROXY protocol.
extension ClientEndpoint {
    /// - Parameters:
    ///   - local: where the client's connection has come to; nil for what no client's connection asks for: nobody is named then.
    ///   - serverName: what it asked for by SNI, where TLS is not ended here.
    /// - Returns: the header of a connection for this client; nothing if the server wants none.
    func proxyHeader(for server: UpstreamServer, from local: SocketAddress?, serverName: String? = nil) -> ConnectionPreface {
        guard let version = server.parameters.proxyHeader else { return .none }
        guard let local else { return .ownHeader(version) }
        var fields = ProxyHeaderFields()
        let facts = session?.facts
        fields.authority = facts?.serverName ?? serverName
        fields.alpn = facts?.alpn
        fields.tls = tls.map { ProxyHeaderFields.TLS(version: $0.version, cipher: $0.cipher) }
        fields.tls?.certificate = clientCertificate.map {
            ProxyHeaderFields.Certificate(commonName: $0.commonName, isOfSession: session?.isResumed == true)
        }
        return ProxyHeaderWriting.preface(
            version, source: peer, destination: proxyHeader?.destination ?? local, fields: fields)
    }
}
