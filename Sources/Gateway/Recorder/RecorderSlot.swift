import HTTP
import Upstreams

/// A slot of the flight recorder's ring, filled again and again: for every request. So what is written are numbers, copied one
/// by one, and references to what does not change, which are looked at before they are written: they nearly always are what they
/// were, and to look costs less than to count. Words are made of it when somebody asks.
///
/// Nobody else may write what it stores, and no write spans a call, so that nothing is checked while the program runs (price 1).
final class RecorderSlot {
    private var stored = RecordedExchange()
    /// Where its text ends up: at least as long as the last one.
    private var bytes: [UInt8] = []

    /// The most bytes that are kept of a part of the request.
    private static let maxPartBytes = 1024

    /// What it holds now.
    var exchange: RecordedExchange {
        var exchange = stored
        exchange.bytes = bytes
        return exchange
    }

    /// Makes it that of an exchange that ends now.
    /// - Parameters:
    ///   - endpoint: the client's.
    ///   - names: of the exchange's route, or site.
    ///   - now: nanoseconds.
    ///   - redaction: the site's; nil if it takes nothing out.
    func fill(
        _ record: borrowing AccessRecord, _ client: any ClientSide, _ endpoint: ClientEndpoint, _ names: RouteNames,
        number: UInt64, worker: Int, now: UInt64, _ redaction: QueryRedaction?
    ) {
        stored.figures.fill(record, number: number, worker: worker, connection: endpoint.connection, time: now)
        if stored.names !== names { stored.names = names }
        if stored.tunnel != nil { stored.tunnel = nil }
        fillReferences(record)
        let known = endpoint.recordedTLS
        if stored.tls !== known { stored.tls = known }
        stored.figures.streamNumbers = client.streamNumbers
        stored.figures.client = endpoint.address
        guard let request = client.requestIfAny else { return }
        if let site = record.site, !site.trustedProxies.isEmpty {
            stored.figures.client = endpoint.clientAddress(of: request, for: site)
        }
        if request.hasRequestLine { stored.figures.version = request.isHTTP2 ? 2 : Int(request.minorVersion) }
        keepText(of: request, record.method, redaction)
    }

    /// Makes it that of a tunnel that ends now.
    /// - Parameters:
    ///   - duration: nanoseconds of exchange and tunnel together.
    ///   - now: nanoseconds.
    func fill(_ ending: TunnelEnding, exchange: UInt64, duration: UInt64, number: UInt64, worker: Int, now: UInt64) {
        stored = RecordedExchange()
        stored.figures = RecordedFigures(ending, duration: duration, number: number, worker: worker, time: now)
        stored.tunnel = RecordedExchange.EndedTunnel(ending: ending, exchange: exchange)
    }

    @inline(__always)
    private func fillReferences(_ record: borrowing AccessRecord) {
        if stored.server != record.server?.url { stored.server = record.server?.url }
        if stored.trace != nil || record.trace != nil { stored.trace = record.trace }
        if stored.requestID != nil || record.requestID != nil { stored.requestID = record.requestID }
        if stored.user != nil || record.user != nil { stored.user = record.user }
        if stored.failure != nil || record.failure != nil { stored.failure = record.failure }
    }

    /// Target, host and a method that is none of the common ones, one behind the other.
    @inline(__always)
    private func keepText(of request: RequestHead, _ known: HTTP.Method, _ redaction: QueryRedaction?) {
        let (target, host) = (Self.cut(request.target), Self.cut(request.authorityRange))
        let method = if case .other = known { Self.cut(request.methodRange) } else { 0..<0 }
        if redaction != nil || Self.mayNameUser(request) {
            return keepRedacted(of: request, target, host, method, redaction ?? QueryRedaction([]))
        }
        stored.figures.ends = (target.count, target.count + host.count, target.count + host.count + method.count)
        write(request.bytes.span, target, host, method)
    }

    /// May a name and a password stand before the host? Neither in a path nor before a host that is one.
    @inline(__always)
    private static func mayNameUser(_ request: RequestHead) -> Bool {
        if request.authority == nil, !request.authorityRange.isEmpty { return true }
        return !request.target.isEmpty && request.bytes[request.target.lowerBound] != UInt8(ascii: "/")
    }

    @inline(never)
    private func keepRedacted(
        of request: RequestHead, _ target: Range<Int>, _ host: Range<Int>, _ method: Range<Int>, _ redaction: QueryRedaction
    ) {
        let head = request.fields.bytes
        let redacted = redaction.redacted(head[request.target]).prefix(Self.maxPartBytes)
        let named = QueryRedaction.withoutUser(head[host])
        let text = redacted + named + head[method]
        stored.figures.ends = (redacted.count, redacted.count + named.count, text.count)
        write(Array(text).span, 0..<text.count, 0..<0, 0..<0)
    }

    @inline(__always)
    private func write(_ head: Span<UInt8>, _ target: Range<Int>, _ host: Range<Int>, _ method: Range<Int>) {
        let end = target.count + host.count + method.count
        // Taken out meanwhile (price 1).
        var text = Swift.exchange(&bytes, with: [])
        if text.count < end { text = [UInt8](repeating: 0, count: (end + 127) & ~127) }
        var room = text.mutableSpan
        room.copy(head, target, to: 0)
        room.copy(head, host, to: target.count)
        if !method.isEmpty { room.copy(head, method, to: target.count + host.count) }
        bytes = text
    }

    private static func cut(_ part: Range<Int>) -> Range<Int> {
        part.lowerBound..<min(part.upperBound, part.lowerBound &+ maxPartBytes)
    }
}
