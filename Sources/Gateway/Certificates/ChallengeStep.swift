import HTTP

/// The step that answers an ACME authority which looks whether a name is ours (RFC 8555 §8.3): before any rule of a site, and
/// only while something is being proved.
extension Exchange {
    private static let prefix = Array("/.well-known/acme-challenge/".utf8)

    /// The answer to a challenge; nil if the request is none, or of a challenge that is not ours: then the site decides.
    func challengeAnswer(to request: RequestHead) -> String? {
        // RFC 8555 §8.3: it is asked for over plain HTTP.
        guard !endpoint.isTLS, request.method == .get || request.method == .head else { return nil }
        let path = request.fields.bytes[request.path]
        guard path.starts(with: Self.prefix) else { return nil }
        return resources.challengeAnswers[String(decoding: path.dropFirst(Self.prefix.count), as: UTF8.self)]
    }

    mutating nonisolated(nonsending) func send(challengeAnswer text: String) async throws(Failure) {
        try await send(.challenge(client.request, text, by: generation.plan.proxyName))
    }
}
