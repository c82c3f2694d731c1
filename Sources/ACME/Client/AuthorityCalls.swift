import Buffers
import EventLoop
import HTTP
import Messages
import TLS
import Transport

/// What an authority has answered.
struct AuthorityReply {
    var status: Int
    var body: [UInt8]
    /// The nonce of the next request (RFC 8555 §6.5.1).
    var nonce: String?
    var location: String?
    /// Seconds for which it wants to be left alone (RFC 9110 §10.2.3).
    var retryAfter: Int64?
    /// Other forms of the same (RFC 8288, `rel="alternate"`).
    var alternates: [String] = []
}

/// Calls to an authority, one at a time, each on a connection of its own.
final class AuthorityCalls {
    let waiter: Waiter
    private let call: Call
    private let lookup: ServiceLookup
    private let caFile: String?
    private(set) var isStopped = false
    /// When whoever asks gives up, in monotonic nanoseconds: no call goes on beyond it.
    var deadline = UInt64.max
    /// By host.
    private var contexts: [String: TLSClientContext] = [:]
    /// Seconds since 1970.
    private let wallClock: () -> Int64
    /// Comes before each question; if it throws, nobody is asked.
    private let before: () async throws(ACMEError) -> Void

    /// A chain of certificates is a few KiB, and a directory less.
    private static let maxBodyBytes = 256 * 1024
    /// For one call, in nanoseconds.
    private static let timeout: UInt64 = 60_000_000_000
    /// Hosts whose contexts are kept. Authorities have one or two; one that names another with each URL is no reason to keep all.
    private static let maxContexts = 8

    /// - Parameter waiter: the calling task's.
    init(
        _ waiter: Waiter, buffers: BufferPool, caFile: String?, wallClock: @escaping () -> Int64,
        before: @escaping () async throws(ACMEError) -> Void = {}
    ) throws(ACMEError) {
        self.before = before
        self.waiter = waiter
        self.caFile = caFile
        self.wallClock = wallClock
        call = Call(waiter: waiter, buffers: buffers)
        do throws(TransportError) {
            lookup = try ServiceLookup(waiter)
        } catch {
            throw .unreachable(error.description)
        }
    }

    /// Ends the call under way, and every later one.
    func stop() {
        isStopped = true
        call.stop()
    }

    /// No call may be under way any more.
    func close() { lookup.close() }

    /// - Parameters:
    ///   - body: JSON of a `SignedRequest`; nil for a GET or HEAD.
    ///   - accept: the media type that is wanted.
    nonisolated(nonsending) func ask(
        _ method: Method, _ url: ServiceURL, body: [UInt8]? = nil, accept: String = "application/json"
    ) async throws(ACMEError) -> AuthorityReply {
        try await before()
        var request = Call.Request(method, Array(url.target.utf8), authority: Array(url.authority.utf8))
        request.body = body
        // RFC 8555 §6.1 wants a User-Agent.
        request.fields.append("User-Agent", "gatehouse")
        request.fields.append("Accept", accept)
        if body != nil { request.fields.append("Content-Type", "application/jose+json") }
        var limits = Call.Limits()
        limits.maxBodyBytes = Self.maxBodyBytes
        let server = Call.Server(addresses: try await lookup.addresses(of: url), tls: try context(for: url.host))
        let now = waiter.loop.now
        guard now < deadline else { throw .timedOut("\(url.host): the time for the whole order is over") }
        limits.timeout = min(Self.timeout, deadline - now)
        do throws(CallError) {
            return reply(try await call.send(request, to: server, limits: limits))
        } catch {
            throw .unreachable("\(url.host): \(error)")
        }
    }

    private func context(for host: String) throws(ACMEError) -> TLSClientContext {
        if let known = contexts[host] { return known }
        do throws(TLSError) {
            let made = try TLSClientContext(TLSClientContext.Settings(serverName: host, caFile: caFile))
            if contexts.count >= Self.maxContexts { contexts.removeAll() }
            contexts[host] = made
            return made
        } catch {
            throw .unreachable(error.reason)
        }
    }

    /// The targets of the alternates among the links of a field (RFC 8288 §3), which may have several.
    static func alternates(_ value: String) -> [String] {
        var found: [String] = []
        var rest = value[...]
        while rest.first == "<", let end = rest.firstIndex(of: ">") {
            let target = rest[..<end].dropFirst()
            rest = rest[end...].dropFirst()
            var isQuoted = false
            let comma = rest.firstIndex { letter in
                if letter == "\"" { isQuoted.toggle() }
                return letter == "," && !isQuoted
            }
            let parameters = rest[..<(comma ?? rest.endIndex)].lowercased().filter { $0 != " " && $0 != "\"" }
            if parameters.split(separator: ";").contains("rel=alternate") { found.append(String(target)) }
            rest = rest[(comma ?? rest.endIndex)...].drop { $0 == "," || $0 == " " || $0 == "\t" }
        }
        return found
    }

    private func reply(_ answer: Call.Answer) -> AuthorityReply {
        let fields = answer.fields
        var reply = AuthorityReply(status: answer.status, body: answer.body)
        for line in fields.lines {
            let value = fields.string(of: line)
            switch fields.name(of: line).lowercased() {
            // RFC 8555 §6.5.1: one with other letters is not to be used.
            case "replay-nonce" where Base64URL.isText(value): reply.nonce = value
            case "link": reply.alternates += Self.alternates(value)
            default: break
            }
        }
        reply.location = fields.string(of: .location)
        if let text = fields.string(of: .retryAfter), !text.isEmpty, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) {
            // A number that is too large for one is as good as the largest.
            reply.retryAfter = Int64(text) ?? .max
        } else if let line = fields.first(.retryAfter) {
            let now = wallClock()
            reply.retryAfter = HTTPDate.parse(fields.bytes.span, line.value, now: now).map { max(0, $0 - now) }
        }
        return reply
    }
}
