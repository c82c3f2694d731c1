import HTTP

/// The step that tells a client what is known of its own connection.
extension Exchange {
    mutating nonisolated(nonsending) func sendTLSInfo(_ request: RequestHead, of site: SitePlan) async throws(Failure) {
        let page = TLSInfoPage(
            endpoint, httpVersion: request.isHTTP2 ? "2" : "1.\(request.minorVersion)", site: site.name,
            asJSON: request.prefersJSON)
        try await send(.tlsInfo(page, headers: headers, by: generation.plan.proxyName))
    }
}
