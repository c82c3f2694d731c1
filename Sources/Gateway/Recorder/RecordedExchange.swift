import HTTP
import TLS
import Upstreams

/// One exchange, or the end of a tunnel, as the flight recorder keeps it: what the access log could say of it.
///
/// It holds nothing of a plan, a connection or a session: neither a configuration that is no more in use nor a client that has
/// left may stay in memory because it was recorded.
struct RecordedExchange: Sendable {
    /// Without what is the plan's; that is told by its names below.
    private(set) var record = AccessRecord(began: 0)
    /// Which of its worker's records it is, from 1.
    private(set) var number: UInt64 = 0
    private(set) var worker = 0
    /// The number of the client's connection among its worker's; 0 of a tunnel's end.
    private(set) var connection: UInt64 = 0
    /// When it ended, in nanoseconds since 1970.
    private(set) var time: UInt64 = 0
    private(set) var site: String?
    private(set) var route: String?
    private(set) var pool: String?
    private(set) var server: String?
    /// Whom the site believes it to come from; nil for a Unix socket.
    private(set) var client: IPAddress?
    /// 0 or 1 of HTTP/1, 2; nil if it could not be read.
    private(set) var version: Int?
    private(set) var place: (stream: UInt32, request: Int)?
    private(set) var tls: TLSWords?
    private(set) var configuration = ""
    /// Nil: an exchange.
    private(set) var tunnel: EndedTunnel?
    /// Method, target, host and cipher suite, one behind the other. Kept and filled again: recording allocates nothing.
    private var bytes: [UInt8] = []
    private var methodEnd = 0
    private var targetEnd = 0
    private var hostEnd = 0

    /// What is known of a connection's TLS besides its cipher suite.
    struct TLSWords: Sendable {
        var version: String
        var serverName: String?
        var isResumed: Bool?
        /// The subject of the client's certificate; nil if it has shown none.
        var clientCertificate: String?
    }

    /// How a tunnel ended.
    struct EndedTunnel: Sendable {
        var ending: TunnelEnding
        /// The number of the exchange that opened it.
        var exchange: UInt64
    }

    /// The most bytes that are kept of a part of the request.
    private static let longestPart = 1024

    var method: ArraySlice<UInt8> { bytes[..<methodEnd] }
    /// Redacted as in the log.
    var target: ArraySlice<UInt8> { bytes[methodEnd..<targetEnd] }
    var host: ArraySlice<UInt8> { bytes[targetEnd..<hostEnd] }
    var cipher: ArraySlice<UInt8> { bytes[hostEnd...] }

    /// Makes it that of an exchange that ends now.
    /// - Parameters:
    ///   - now: nanoseconds since 1970.
    ///   - redaction: the site's.
    ///   - configuration: which one the exchange went by.
    mutating func fill(
        _ record: borrowing AccessRecord, _ client: any ClientSide, number: UInt64, worker: Int, now: UInt64,
        _ redaction: QueryRedaction, configuration: String
    ) {
        (self.number, self.worker, time, self.configuration) = (number, worker, now, configuration)
        tunnel = nil
        fillRecord(record)
        bytes.removeAll(keepingCapacity: true)
        (version, place) = (nil, client.place)
        let endpoint = client.endpoint
        connection = endpoint.connection
        self.client = endpoint.address
        guard let request = client.requestIfAny else {
            (methodEnd, targetEnd, hostEnd) = (0, 0, 0)
            return fillTLS(endpoint)
        }
        if let site = record.site, !site.trustedProxies.isEmpty { self.client = endpoint.clientAddress(of: request, for: site) }
        if request.hasRequestLine { version = request.isHTTP2 ? 2 : Int(request.minorVersion) }
        append(request.fields.bytes[request.methodRange])
        methodEnd = bytes.count
        append(redaction.redacted(request.fields.bytes[request.target]))
        targetEnd = bytes.count
        append(request.fields.bytes[request.authorityRange])
        hostEnd = bytes.count
        fillTLS(endpoint)
    }

    /// Makes it that of a tunnel that ends now.
    /// - Parameter duration: nanoseconds of exchange and tunnel together.
    mutating func fill(
        _ ending: TunnelEnding, exchange: UInt64, duration: UInt64, number: UInt64, worker: Int, now: UInt64
    ) {
        var bytes = Swift.exchange(&self.bytes, with: [])
        bytes.removeAll(keepingCapacity: true)
        self = RecordedExchange()
        self.bytes = bytes
        (self.number, self.worker, time) = (number, worker, now)
        record.status = 101
        record.duration = duration
        record.bodyBytesReceived = ending.up.bytes
        record.bodyBytesSent = ending.down.bytes
        tunnel = EndedTunnel(ending: ending, exchange: exchange)
    }

    private mutating func fillRecord(_ record: borrowing AccessRecord) {
        site = record.site?.name
        route = record.route?.text
        pool = record.route?.proxied?.pool.name
        server = record.server?.url
        self.record = copy record
        (self.record.site, self.record.route, self.record.server, self.record.serverSeries) = (nil, nil, nil, nil)
    }

    private mutating func fillTLS(_ endpoint: ClientEndpoint) {
        guard let session = endpoint.session else {
            // A proxy in front has told its words.
            tls = endpoint.tls.map { TLSWords(version: $0.version) }
            if let told = endpoint.tls { bytes.append(contentsOf: told.cipher.utf8.prefix(Self.longestPart)) }
            return
        }
        tls = TLSWords(
            version: session.version, serverName: session.serverName, isResumed: session.isResumed,
            clientCertificate: session.clientCertificate?.subject)
        session.appendCipher(to: &bytes)
    }

    private mutating func append(_ part: ArraySlice<UInt8>) {
        bytes.append(contentsOf: part.prefix(Self.longestPart))
    }
}
