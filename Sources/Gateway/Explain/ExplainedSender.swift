import HTTP
import TLS
import Transport

/// The client of a request that nobody sends.
struct ExplainedSender: RequestSender {
    let request: ExplainedRequest
    /// Whoever asks what would become of a request shows no certificate.
    var clientCertificate: ClientCertificate? { nil }
    /// The parameters that the connection's handshake would most likely have.
    var tls: ClientEndpoint.TLSParameters? {
        request.isTLS ? ClientEndpoint.TLSParameters(version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384") : nil
    }
    var peer: SocketAddress { request.client }
    var port: UInt16 { request.port }

    func clientAddress(of head: RequestHead, for site: SitePlan) -> IPAddress? {
        guard let address = peer.ipAddress, !site.trustedProxies.isEmpty else { return peer.ipAddress }
        return ForwardedChain.clientAddress(head.fields, peer: address, trusted: site.trustedProxies)
    }

    func forwarding(to site: SitePlan) -> ClientPeer {
        let address = peer.ipAddress
        return ClientPeer(
            address: address, port: peer.port, scheme: request.isTLS ? .https : .http, listenerPort: request.port,
            isTrusted: address.map { ForwardedChain.isTrusted($0, site.trustedProxies) } ?? false, trusted: site.trustedProxies)
    }

    func origin(of head: RequestHead, for site: SitePlan) -> RequestOrigin {
        RequestOrigin(address: clientAddress(of: head, for: site), scheme: forwarding(to: site).scheme(of: head))
    }
}
