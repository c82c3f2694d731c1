import ACME
import Buffers
import EventLoop
import FoundationEssentials
import HTTP
import Messages
import TLS
import Transport

/// Asks etcd, version 3, over its JSON gateway; of one task, one question at a time. What one endpoint cannot do, the next one is
/// asked for; everything that etcd decides is bounded.
final class EtcdClient {
    private let settings: EtcdSettings
    private let waiter: Waiter
    private let call: Call
    /// Nil until a name is looked up.
    private var lookup: ServiceLookup?
    /// The endpoint that has answered last: by chance at first, so that not all members begin with the same.
    private var preferred: Int
    /// The token that etcd gave for the password; nil: there is none yet.
    private var token: String?
    private var isStopped = false
    /// What an endpoint may take, in nanoseconds.
    private let timeout: UInt64

    private static let connectTimeout: UInt64 = 2_000_000_000
    /// Bytes of an answer: a few documents as base64.
    private static let maxAnswer = 16 * 1024 * 1024
    /// google.rpc.Code: UNAUTHENTICATED.
    private static let unauthenticated = 16
    /// INVALID_ARGUMENT, which etcd 3.4 says of a token that is missing.
    private static let invalidArgument = 3

    /// - Parameters:
    ///   - waiter: of the task that asks.
    ///   - timeout: nanoseconds for each endpoint. One that is cut off from the others says so after five seconds or more.
    init(_ settings: EtcdSettings, _ waiter: Waiter, timeout: UInt64 = 5_000_000_000) {
        self.settings = settings
        self.timeout = timeout
        self.waiter = waiter
        call = Call(waiter: waiter, buffers: BufferPool(smallCapacity: 16_384))
        preferred = Int.random(in: 0..<max(1, settings.endpoints.count))
    }

    /// Ends what is under way, and every later question.
    func stop() {
        isStopped = true
        call.stop()
    }

    /// Nothing may be under way any more.
    func close() { lookup?.close() }

    /// Reads, all of one moment.
    nonisolated(nonsending) func read(_ ranges: [EtcdRange]) async throws(EtcdError) -> EtcdOutcome {
        try await transact(if: [], [], reading: ranges)
    }

    /// Does all changes if all conditions hold, and none if not.
    /// - Parameters:
    ///   - reading: is read behind the changes.
    ///   - otherwise: is read if a condition does not hold.
    nonisolated(nonsending) func transact(
        if conditions: [EtcdCondition], _ changes: [EtcdChange], reading: [EtcdRange] = [], otherwise: [EtcdRange] = []
    ) async throws(EtcdError) -> EtcdOutcome {
        let request = EtcdMessage.TxnRequest(
            compare: conditions.map(\.message), success: changes.map(\.message) + reading.map(\.message),
            failure: otherwise.map(\.message))
        let answer = try await ask("/v3/kv/txn", request, EtcdMessage.TxnResponse.self)
        let isDone = answer.succeeded ?? false
        let reads = isDone ? (answer.responses ?? []).dropFirst(changes.count) : (answer.responses ?? [])[...]
        let asked = isDone ? reading : otherwise
        guard reads.count == asked.count else { throw .malformed("\(reads.count) parts") }
        let outcome = EtcdOutcome(
            isDone: isDone, revision: answer.header.revision?.value ?? 0,
            found: reads.map { ($0.response_range?.kvs ?? []).map(EtcdEntry.init) },
            counts: reads.map { Int($0.response_range?.count?.value ?? 0) },
            isCut: reads.contains { $0.response_range?.more == true })
        if let flaw = outcome.flaw(asked: asked) { throw .malformed(flaw) }
        return outcome
    }

    /// Puts a sealed document, and makes other changes with it, if all conditions hold.
    ///
    /// An endpoint may have done it and not said so before the next one was asked. No two sealed documents are alike: if it is
    /// there, it was done.
    /// - Returns: false: a condition does not hold.
    nonisolated(nonsending) func put(
        _ document: [UInt8], at key: String, if conditions: [EtcdCondition], with more: [EtcdChange] = []
    ) async throws(EtcdError) -> Bool {
        let outcome = try await transact(if: conditions, [.put(key, document)] + more, otherwise: [.key(key)])
        return outcome.isDone || outcome.found[0].first?.value == document
    }

    /// - Parameter seconds: how long it lasts without being kept alive.
    /// - Returns: the lease.
    nonisolated(nonsending) func grant(seconds: Int64) async throws(EtcdError) -> Int64 {
        let answer = try await ask(
            "/v3/lease/grant", EtcdMessage.Lease(ID: Quoted(0), TTL: Quoted(seconds)), EtcdMessage.Lease.self)
        guard let lease = answer.ID?.value, lease != 0 else { throw .malformed("a lease without a number") }
        return lease
    }

    /// - Returns: is there such a lease still?
    nonisolated(nonsending) func keepAlive(_ lease: Int64) async throws(EtcdError) -> Bool {
        let answer = try await ask(
            "/v3/lease/keepalive", EtcdMessage.Lease(ID: Quoted(lease)), EtcdMessage.Streamed<EtcdMessage.Lease>.self)
        // Of one that has ended it says 200, and no time.
        return (answer.result?.TTL?.value ?? 0) > 0
    }

    /// Ends a lease, and what hangs on it.
    nonisolated(nonsending) func revoke(_ lease: Int64) async throws(EtcdError) {
        _ = try await ask("/v3/lease/revoke", EtcdMessage.Lease(ID: Quoted(lease)), EtcdMessage.Lease.self)
    }

    /// Is told of changes, until the stream ends or `timeout` is over.
    /// - Parameters:
    ///   - revision: from this one on.
    ///   - timeout: nanoseconds.
    ///   - changed: is called soon after each change, or a few together.
    nonisolated(nonsending) func watch(
        _ prefix: String, from revision: Int64, timeout: UInt64, changed: @escaping () -> Void
    ) async throws(EtcdError) {
        let request = EtcdMessage.WatchRequest(
            create_request: EtcdMessage.WatchRequest.Create(
                key: Data(prefix.utf8), range_end: EtcdRange.end(of: prefix), start_revision: Quoted(revision)))
        let lines = WatchStream(changed)
        do throws(EtcdError) {
            _ = try await send("/v3/watch", request, timeout: timeout) { lines.take($0) }
        } catch {
            if let refusal = lines.refusal { throw .refused(refusal.code ?? 0, refusal.message ?? "the watch has ended") }
            throw error
        }
    }

    // MARK: -

    private nonisolated(nonsending) func ask<Answer: Decodable>(
        _ path: String, _ request: some Encodable, _ type: Answer.Type
    ) async throws(EtcdError) -> Answer {
        let body = try await send(path, request, timeout: timeout)
        guard let answer = EtcdMessage.decodeAnswer(type, body) else {
            throw .malformed(String(decoding: body.prefix(80), as: UTF8.self))
        }
        return answer
    }

    /// Asks the endpoints in turn until one answers.
    private nonisolated(nonsending) func send(
        _ path: String, _ request: some Encodable, timeout: UInt64, taking: ((Span<UInt8>) -> Bool)? = nil
    ) async throws(EtcdError) -> [UInt8] {
        guard let body = EtcdMessage.encode(request) else { throw .malformed("the request cannot be written") }
        var reason = "there is no endpoint"
        // A stream is begun again by who follows it, from where it has come to.
        for _ in 0..<(taking == nil ? settings.endpoints.count : 1) {
            do throws(EtcdError) {
                return try await send(path, body, to: settings.endpoints[preferred], timeout, taking)
            } catch {
                guard case .unreachable(let found) = error, !isStopped else { throw isStopped ? .stopped : error }
                reason = found
                preferred = (preferred + 1) % settings.endpoints.count
            }
        }
        throw .unreachable(reason)
    }

    private nonisolated(nonsending) func send(
        _ path: String, _ body: [UInt8], to endpoint: ServiceURL, _ timeout: UInt64, _ taking: ((Span<UInt8>) -> Bool)?
    ) async throws(EtcdError) -> [UInt8] {
        let isKnown = token != nil
        if settings.user != nil, !isKnown { try await authenticate(at: endpoint) }
        let answer = try await exchange(path, body, endpoint, timeout, taking)
        guard answer.status != 200 else { return answer.body }
        let refusal = EtcdMessage.decodeAnswer(EtcdMessage.Refusal.self, answer.body)
        let code = refusal?.code ?? 0
        let message = refusal?.message ?? "status \(answer.status)"
        if settings.user != nil, code == Self.unauthenticated || code == Self.invalidArgument && message.contains("token") {
            // One ends after some minutes. Another is asked for once.
            token = nil
            guard isKnown else { throw .unreachable("\(endpoint): \(message)") }
            return try await send(path, body, to: endpoint, timeout, taking)
        }
        // Whoever has no leader, is cut off from the others or has too much to do, may have a neighbour who has not.
        if answer.status >= 500 || answer.status == 429 { throw .unreachable("\(endpoint): \(message)") }
        throw .refused(code, message)
    }

    private nonisolated(nonsending) func authenticate(at endpoint: ServiceURL) async throws(EtcdError) {
        guard let user = settings.user, let file = settings.passwordFile else { return }
        guard let password = SecretFile.password(in: file) else { throw .settings("cannot read \(file)") }
        guard let body = EtcdMessage.encode(EtcdMessage.Credentials(name: user, password: password)) else {
            throw .settings("\(file) holds no text")
        }
        let answer = try await exchange("/v3/auth/authenticate", body, endpoint, timeout, nil)
        guard answer.status == 200, let known = EtcdMessage.decodeAnswer(EtcdMessage.Token.self, answer.body) else {
            let refusal = EtcdMessage.decodeAnswer(EtcdMessage.Refusal.self, answer.body)
            let message = refusal?.message ?? "status \(answer.status)"
            if answer.status >= 500 { throw .unreachable("\(endpoint): \(message)") }
            throw .refused(refusal?.code ?? 0, message)
        }
        token = known.token
    }

    private nonisolated(nonsending) func exchange(
        _ path: String, _ body: [UInt8], _ endpoint: ServiceURL, _ timeout: UInt64, _ taking: ((Span<UInt8>) -> Bool)?
    ) async throws(EtcdError) -> Call.Answer {
        var request = Call.Request(.post, Array(path.utf8), authority: Array(endpoint.authority.utf8))
        request.fields.append("Content-Type", "application/json")
        request.fields.append("User-Agent", "gatehouse")
        if let token { request.fields.append("Authorization", token) }
        request.body = body
        var limits = Call.Limits()
        limits.connectTimeout = Self.connectTimeout
        limits.handshakeTimeout = timeout
        limits.timeout = timeout
        limits.maxBodyBytes = Self.maxAnswer
        do {
            let lookup = try lookup ?? ServiceLookup(waiter)
            self.lookup = lookup
            let tls = endpoint.isTLS ? try TLSClientContext(tls(for: endpoint)) : nil
            let server = Call.Server(addresses: try await lookup.addresses(of: endpoint), tls: tls)
            return try await call.send(request, to: server, limits: limits, taking: taking)
        } catch {
            if case CallError.stopped = error { throw .stopped }
            throw .unreachable("\(endpoint): \((error as? TLSError)?.reason ?? "\(error)")")
        }
    }

    private func tls(for endpoint: ServiceURL) -> TLSClientContext.Settings {
        TLSClientContext.Settings(
            serverName: endpoint.host, caFile: settings.caFile, clientCertificateFile: settings.certFile,
            clientKeyFile: settings.keyFile)
    }
}
