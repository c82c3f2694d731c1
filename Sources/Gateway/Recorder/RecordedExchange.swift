import HTTP
import TLS
import Upstreams

/// One exchange, or the end of a tunnel, as the flight recorder keeps it: what the access log could say of it.
///
/// It holds nothing of a plan, a connection or a session: neither a configuration that is no more in use nor a client that has
/// left may stay in memory because it was recorded. `RecorderSlot` fills it.
struct RecordedExchange: Sendable {
    var figures = RecordedFigures()
    /// Nil of a tunnel's end.
    var names: RouteNames?
    var server: String?
    var trace: TraceContext?
    var requestID: RequestID?
    var user: String?
    var failure: Failure?
    var tls: RecordedTLS?
    /// Nil: an exchange.
    var tunnel: EndedTunnel?
    /// Target, host and a method that is none of the common ones, one behind the other, and anything behind them.
    var bytes: [UInt8] = []

    /// How a tunnel ended.
    struct EndedTunnel: Sendable {
        var ending: TunnelEnding
        /// The number of the exchange that opened it.
        var exchange: UInt64
    }

    var method: ArraySlice<UInt8> {
        figures.method.name.map { Array("\($0)".utf8)[...] } ?? bytes[figures.ends.host..<figures.ends.method]
    }
    /// Redacted as in the log.
    var target: ArraySlice<UInt8> { bytes[..<figures.ends.target] }
    var host: ArraySlice<UInt8> { bytes[figures.ends.target..<figures.ends.host] }
    /// See `AccessRecord.reason`.
    var reason: Reason? { failure?.reason ?? (figures.ignoredHandshake ? .remark(.webSocketNotEnabled) : nil) }
}

/// What is a number of a recorded exchange: nothing that is counted, so that it is copied word by word.
struct RecordedFigures: Sendable {
    // What `AccessRecord` says.
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
    private(set) var ignoredHandshake = false
    /// `other`: its name, if there is any, is in the text.
    private(set) var method = HTTP.Method.other

    /// Which of its worker's records it is, from 1.
    private(set) var number: UInt64 = 0
    private(set) var worker = 0
    /// The number of the client's connection among its worker's; 0 of a tunnel's end.
    private(set) var connection: UInt64 = 0
    /// When it ended, in nanoseconds by the clock of whoever filled it.
    var time: UInt64 = 0
    /// Whom the site believes it to come from; nil for a Unix socket.
    var client: IPAddress?
    /// 0 or 1 of HTTP/1, 2; nil if it could not be read.
    var version: Int?
    var streamNumbers: (stream: UInt32, request: Int)?
    /// Where target, host and method end in the text.
    var ends = (target: 0, host: 0, method: 0)

    init() {}

    /// Becomes those of an exchange; of its head it knows nothing yet.
    @inline(__always)
    mutating func fill(_ record: borrowing AccessRecord, number: UInt64, worker: Int, connection: UInt64, time: UInt64) {
        (status, grpcStatus) = (record.status, record.grpcStatus)
        (attempts, notRetried) = (record.attempts, record.notRetried)
        (bodyBytesReceived, bodyBytesSent) = (record.bodyBytesReceived, record.bodyBytesSent)
        (duration, waitDuration) = (record.duration, record.waitDuration)
        (connectDuration, upstreamDuration) = (record.connectDuration, record.upstreamDuration)
        (ignoredHandshake, method) = (record.ignoredHandshake, record.method)
        (self.number, self.worker, self.connection, self.time) = (number, worker, connection, time)
        (version, ends) = (nil, (0, 0, 0))
    }

    /// Makes the record of a tunnel's end.
    init(_ ending: TunnelEnding, duration: UInt64, number: UInt64, worker: Int, time: UInt64) {
        status = 101
        self.duration = duration
        (bodyBytesReceived, bodyBytesSent) = (ending.up.bytes, ending.down.bytes)
        (self.number, self.worker, self.time) = (number, worker, time)
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

    /// - Parameter parameters: what a proxy in front has said of its client's TLS; cut to what the recorder keeps of a word.
    init(ofProxied parameters: ClientEndpoint.TLSParameters) {
        version = parameters.version
        cipher = String(parameters.cipher.prefix(1024))
        (serverName, isResumed, clientCertificate) = (nil, nil, nil)
    }
}
