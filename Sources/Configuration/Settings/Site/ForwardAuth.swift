/// `[sites.forward_auth]` and `[sites.proxy.routes.forward_auth]`: a server that says who may pass.
package struct ForwardAuth: Sendable, Equatable {
    package var url: UpstreamURL
    /// Path and query that it is asked at.
    package var target: String
    /// Fields of the server's yes that the upstream gets.
    package var copyHeaders: [String] = []
    /// The one of them that says who it is; nil: none.
    package var userHeader: String?
    /// Fields of the question, in place of the client's.
    package var questionHeaders: [HeaderField] = []
    /// How long the whole question may take.
    package var timeout = Duration.seconds(5)
    package var caFile: String?
    package var tlsServerName: String?
}
