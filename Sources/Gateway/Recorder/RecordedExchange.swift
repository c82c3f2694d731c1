import HTTP
import TLS
import Upstreams

/// One exchange, or the end of a tunnel, as the flight recorder keeps it: what the access log could say of it.
///
/// It holds nothing of a plan, a connection or a session: neither a configuration that is no more in use nor a client that has
/// left may stay in memory because it was recorded. It is written for every request, so it is numbers for the most part, copied
/// one by one: words are made of them when somebody asks.
struct RecordedExchange: Sendable {
    // What `AccessRecord` says, without what is the plan's.
    private(set) var status = 0
    private(set) var grpcStatus: Int?
    private(set) var attempts = 0
    private(set) var notRetried: RetryPolicy.Refusal?
    private(set) var bodyBytesReceived: UInt64 = 0
    private(set) var bodyBytesSent: UInt64 = 0
    private(set) var duration: UInt64 = 0
    private(set) var waitDuration: UInt64?
    private(set) var connectDuration: UInt64?
    private(set) var upstreamDuration: UInt64?
    private(set) var user: String?
    private(set) var failure: Failure?
    private(set) var ignoredHandshake = false
    private(set) var trace: TraceContext?
    private(set) var requestID: RequestID?

    /// Which of its worker's records it is, from 1.
    private(set) var number: UInt64 = 0
    private(set) var worker = 0
    /// The number of the client's connection among its worker's; 0 of a tunnel's end.
    private(set) var connection: UInt64 = 0
    /// When it ended, in nanoseconds by the clock of whoever filled it.
    var time: UInt64 = 0
    private(set) var site: String?
    private(set) var route: String?
    private(set) var pool: String?
    private(set) var server: String?
    /// Whom the site believes it to come from; nil for a Unix socket.
    private(set) var client: IPAddress?
    /// 0 or 1 of HTTP/1, 2; nil if it could not be read.
    private(set) var version: Int?
    private(set) var place: (stream: UInt32, request: Int)?
    private(set) var tls: RecordedTLS?
    private(set) var configuration = ""
    /// Nil: an exchange.
    private(set) var tunnel: EndedTunnel?
    /// `other`: its name, if there is any, is in `bytes`.
    private var knownMethod = HTTP.Method.other
    /// Target, host and a method that is none of the common ones, one behind the other. Kept and filled again: recording
    /// allocates nothing.
    private var bytes: [UInt8] = []
    private var targetEnd = 0
    private var hostEnd = 0

    /// How a tunnel ended.
    struct EndedTunnel: Sendable {
        var ending: TunnelEnding
        /// The number of the exchange that opened it.
        var exchange: UInt64
    }

    /// The most bytes that are kept of a part of the request.
    private static let longestPart = 1024

    var method: ArraySlice<UInt8> { knownMethod.name.map { Array("\($0)".utf8)[...] } ?? bytes[hostEnd...] }
    /// Redacted as in the log.
    var target: ArraySlice<UInt8> { bytes[..<targetEnd] }
    var host: ArraySlice<UInt8> { bytes[targetEnd..<hostEnd] }
    /// See `AccessRecord.reason`.
    var reason: Reason? { failure?.reason ?? (ignoredHandshake ? .remark(.webSocketNotEnabled) : nil) }

    /// Makes it that of an exchange that ends now.
    /// - Parameters:
    ///   - now: nanoseconds.
    ///   - redaction: the site's.
    ///   - configuration: which one the exchange went by.
    mutating func fill(
        _ record: borrowing AccessRecord, _ client: any ClientSide, number: UInt64, worker: Int, now: UInt64,
        _ redaction: borrowing QueryRedaction, configuration: String
    ) {
        (self.number, self.worker, time) = (number, worker, now)
        if self.configuration != configuration { self.configuration = configuration }
        if tunnel != nil { tunnel = nil }
        fillRecord(record)
        bytes.removeAll(keepingCapacity: true)
        (version, place) = (nil, client.place)
        let endpoint = client.endpoint
        connection = endpoint.connection
        let known = endpoint.recordedTLS
        if tls !== known { tls = known }
        self.client = endpoint.address
        guard let request = client.requestIfAny else {
            (knownMethod, targetEnd, hostEnd) = (.other, 0, 0)
            return
        }
        if let site = record.site, !site.trustedProxies.isEmpty { self.client = endpoint.clientAddress(of: request, for: site) }
        if request.hasRequestLine { version = request.isHTTP2 ? 2 : Int(request.minorVersion) }
        knownMethod = record.method
        let head = request.fields.bytes
        var (target, host, method) = (Self.cut(request.target), Self.cut(request.authorityRange), 0..<0)
        if case .other = knownMethod { method = Self.cut(request.methodRange) }
        if !redaction.isEmpty {
            bytes.append(contentsOf: redaction.redacted(head[request.target]).prefix(Self.longestPart))
            target = 0..<0
        }
        targetEnd = bytes.count + target.count
        hostEnd = targetEnd + host.count
        bytes.append(guessing: target.count + host.count + method.count + 1) { out in
            out.write(head.span, target)
            out.write(head.span, host)
            out.write(head.span, method)
        }
    }

    /// Makes it that of a tunnel that ends now.
    /// - Parameters:
    ///   - duration: nanoseconds of exchange and tunnel together.
    ///   - now: nanoseconds.
    mutating func fill(
        _ ending: TunnelEnding, exchange: UInt64, duration: UInt64, number: UInt64, worker: Int, now: UInt64
    ) {
        var bytes = Swift.exchange(&self.bytes, with: [])
        bytes.removeAll(keepingCapacity: true)
        self = RecordedExchange()
        self.bytes = bytes
        (self.number, self.worker, time) = (number, worker, now)
        status = 101
        self.duration = duration
        bodyBytesReceived = ending.up.bytes
        bodyBytesSent = ending.down.bytes
        tunnel = EndedTunnel(ending: ending, exchange: exchange)
    }

    private mutating func fillRecord(_ record: borrowing AccessRecord) {
        (status, grpcStatus) = (record.status, record.grpcStatus)
        (attempts, notRetried) = (record.attempts, record.notRetried)
        (bodyBytesReceived, bodyBytesSent) = (record.bodyBytesReceived, record.bodyBytesSent)
        (duration, waitDuration) = (record.duration, record.waitDuration)
        (connectDuration, upstreamDuration) = (record.connectDuration, record.upstreamDuration)
        ignoredHandshake = record.ignoredHandshake
        trace = record.trace
        // Nearly always what they were before: to look costs less than to count references.
        if site != record.site?.name { site = record.site?.name }
        if route != record.route?.text { route = record.route?.text }
        if pool != record.route?.poolName { pool = record.route?.poolName }
        if server != record.server?.url { server = record.server?.url }
        if requestID != nil || record.requestID != nil { requestID = record.requestID }
        if user != nil || record.user != nil { user = record.user }
        if failure != nil || record.failure != nil { failure = record.failure }
    }

    private static func cut(_ part: Range<Int>) -> Range<Int> {
        part.lowerBound..<min(part.upperBound, part.lowerBound + longestPart)
    }
}

/// What is known of a connection's TLS. Its exchanges share it.
final class RecordedTLS: Sendable {
    let version: String
    let cipher: String
    let serverName: String?
    let isResumed: Bool?
    /// The subject of the client's certificate; nil if it has shown none.
    let clientCertificate: String?

    init(of session: TLSSession) {
        version = session.version
        cipher = session.cipher
        serverName = session.serverName
        isResumed = session.isResumed
        clientCertificate = session.clientCertificate?.subject
    }

    /// A proxy in front has told its words.
    /// - Parameter told: cut where they are longer than the recorder keeps of a word.
    init(told: ClientEndpoint.TLSParameters) {
        version = told.version
        cipher = String(told.cipher.prefix(1024))
        (serverName, isResumed, clientCertificate) = (nil, nil, nil)
    }
}
