import EventLoop
import TLS
import Transport

/// One order from its beginning to the certificate (RFC 8555 §7.4).
struct Issuance {
    /// How one name is proved.
    struct Proof: Sendable, Equatable {
        var kind: ChallengeType
        /// Host name, or an address.
        var name: String
        var token: String
        /// RFC 8555 §8.1.
        var keyAuthorization: String

        /// What handshakes that prove it name (RFC 8738 §6: of an address, the name that leads back to it).
        var serverName: String { SocketAddress(literal: name, port: 0)?.reverseName ?? name }
        /// Its SHA-256, as handshakes show it (RFC 8737 §3).
        var digest: [UInt8] { sha256(Array(keyAuthorization.utf8)) }
        /// What a record says (RFC 8555 §8.4).
        var recordName: String { "_acme-challenge.\(name)" }
        var recordValue: String { Base64URL.text(digest) }
    }

    let client: ACMEClient
    let names: [String]
    let key: PrivateKey
    /// How the names can be proved, the best way first.
    let kinds: [ChallengeType]
    /// The common name of the root that the chain is to lead to; nil: the authority's first choice.
    let preferredRoot: String?
    /// Which of the authority's kinds of certificates is ordered; nil: its choice.
    let profile: String?
    /// What the authority knows the certificate by that is renewed; nil: there is none of it.
    let replaces: String?
    /// Puts what proves the names where the authority will look; it is there when this returns.
    let prove: ([Proof]) async throws(ACMEError) -> Void
    /// Told the URL of an order that has begun.
    let began: (String) throws(ACMEError) -> Void

    /// How long a whole order may take, in nanoseconds; validations that wait for others take minutes.
    private static let timeout: UInt64 = 600_000_000_000
    /// The first pause between two looks, in nanoseconds; then longer and longer (RFC 8555 §7.5.1).
    private static let firstPause: UInt64 = 250_000_000
    private static let maxPause: UInt64 = 10_000_000_000
    /// Of authorizations for a name, since an authority may want more than one (RFC 8555 §7.1.3); some more for an order of few.
    private static let maxAuthorizations = (perName: 2, more: 10)

    /// - Parameter resumed: the URL of an order that was under way when the process ended; nil: there is none.
    /// - Returns: the chain in PEM.
    nonisolated(nonsending) func run(resumed: String?) async throws(ACMEError) -> String {
        let loop = client.calls.waiter.loop
        let deadline = loop.now &+ Self.timeout
        client.calls.deadline = deadline
        var (url, order) = try await begin(resumed)
        var progress = OrderProgress(from: order.status)
        var pause = Self.firstPause
        while loop.now < deadline {
            var retryAfter: Int64?
            switch order.step {
            case .authorize(let urls):
                try await authorize(urls, until: deadline)
                (order, retryAfter) = try await client.order(at: url)
            case .finalize(let url):
                order = try await client.finalize(url, request: request())
            case .wait:
                (order, retryAfter) = try await client.order(at: url)
            case .download(let url): return try await download(url)
            case .fail(let reason): throw .validationFailed(reason)
            }
            if progress.advances(to: order.status) { continue }
            await wait(&pause, retryAfter)
        }
        throw .timedOut("the authority has not finished the order in \(Self.timeout / 1_000_000_000) seconds")
    }

    private nonisolated(nonsending) func begin(_ resumed: String?) async throws(ACMEError) -> (url: String, order: Order) {
        if let resumed {
            // One that has ended, or that it has forgotten, is no reason not to begin another.
            do throws(ACMEError) {
                let order = try await client.order(at: resumed).order
                if order.status != .invalid { return (resumed, order) }
            } catch {
                guard error.problemKind != nil else { throw error }
            }
        }
        let (url, order) = try await client.order(names, profile: profile, replaces: replaces)
        try began(url)
        return (url, order)
    }

    /// RFC 8555 §7.4.2: of several chains the one that is preferred, else the first, also if another one cannot be had.
    private nonisolated(nonsending) func download(_ url: String) async throws(ACMEError) -> String {
        let (first, alternates) = try await client.certificate(at: url)
        guard let preferredRoot, CertificateChain(pem: first)?.rootName != preferredRoot else { return first }
        for url in alternates.prefix(8) {
            // The certificate is there: without it another one would be ordered, again and again.
            guard let chain = try? await client.certificate(at: url).chain else { continue }
            if CertificateChain(pem: chain)?.rootName == preferredRoot { return chain }
        }
        return first
    }

    private func request() throws(ACMEError) -> [UInt8] {
        do { return try key.signingRequest(for: names) } catch { throw .storage("the key does not sign: \(error.reason)") }
    }

    // MARK: Names

    private nonisolated(nonsending) func authorize(_ urls: [String], until deadline: UInt64) async throws(ACMEError) {
        let most = Self.maxAuthorizations.perName * names.count + Self.maxAuthorizations.more
        guard urls.count <= most else { throw .malformed("an order of \(urls.count) authorizations for \(names.count) names") }
        var proofs: [Proof] = []
        var challenges: [String] = []
        for url in urls {
            let authorization = try await client.authorization(at: url).authorization
            switch authorization.status {
            case .valid: continue
            case .pending: break
            default: throw .validationFailed(authorization.failure)
            }
            let (challenge, proof) = try await choose(authorization)
            proofs.append(proof)
            challenges.append(challenge)
        }
        guard !proofs.isEmpty else { return }
        try await prove(proofs)
        for challenge in challenges { try await client.answer(challenge: challenge) }
        for url in urls { try await waitUntilValid(url, deadline) }
    }

    private nonisolated(nonsending) func choose(
        _ authorization: Authorization
    ) async throws(ACMEError) -> (challenge: String, proof: Proof) {
        let name = try ordered(authorization)
        // RFC 8555 §8: what is true of a wildcard only DNS can say.
        let kinds = authorization.wildcard == true ? kinds.filter { $0 == .dns01 } : kinds
        for kind in kinds {
            guard let challenge = authorization.challenges.first(where: { $0.type == kind.rawValue }) else { continue }
            // RFC 8555 §8.3: a token becomes a part of a path, or of a file's name.
            guard let token = challenge.token, Base64URL.isText(token), token.utf8.count <= 256 else {
                throw .malformed("a challenge without a token")
            }
            let proof = Proof(
                kind: kind, name: name, token: token,
                keyAuthorization: try await client.keyAuthorization(token))
            return (challenge.url, proof)
        }
        let offered = authorization.challenges.map(\.type).joined(separator: ", ")
        throw .validationFailed(
            "\(name): the authority offers \(offered); here can be answered "
                + (kinds.isEmpty ? "none" : kinds.map(\.rawValue).joined(separator: ", ")))
    }

    /// The name of ours that it is about, without an asterisk. What a hook or a DNS server is told is never the authority's text.
    private func ordered(_ authorization: Authorization) throws(ACMEError) -> String {
        let told = authorization.identifier.value.lowercased()
        let address = SocketAddress(literal: told, port: 0)
        let names = names.map { $0.hasPrefix("*.") ? String($0.dropFirst(2)) : $0 }
        guard let name = names.first(where: { $0 == told || address != nil && SocketAddress(literal: $0, port: 0) == address })
        else { throw .malformed("an authorization for \"\(told.prefix(200))\", which was not ordered") }
        return name
    }

    private nonisolated(nonsending) func waitUntilValid(_ url: String, _ deadline: UInt64) async throws(ACMEError) {
        var pause = Self.firstPause
        while client.calls.waiter.loop.now < deadline {
            let (authorization, retryAfter) = try await client.authorization(at: url)
            switch authorization.status {
            case .valid: return
            case .pending: await wait(&pause, retryAfter)
            default: throw .validationFailed(authorization.failure)
            }
        }
        throw .timedOut("the authority has not looked at the challenge in time")
    }

    /// Waits, for longer each time, and at least for as long as the authority wants.
    private nonisolated(nonsending) func wait(_ pause: inout UInt64, _ retryAfter: Int64?) async {
        let asked = UInt64(clamping: min(retryAfter ?? 0, 300)) * 1_000_000_000
        let waiter = client.calls.waiter
        let due = min(waiter.loop.now &+ max(pause, asked), client.calls.deadline)
        while waiter.loop.now < due, !client.calls.isStopped { _ = await waiter.wait(timeout: due - waiter.loop.now) }
        pause = min(pause + pause / 2, Self.maxPause)
    }
}
