import EventLoop
import HTTP
import Transport
import Upstreams

/// An exchange that was refused or came to nothing, for who operates the gateway.
package struct FailureReport: Sendable {
    /// The failure's number in its worker, from 1.
    package var number: UInt64
    /// The worker's number, from 0.
    package var worker: Int
    /// When it ended: nanoseconds since 1970.
    package var time: UInt64
    /// The address that the site believes.
    package var client: String
    /// Empty where none was found.
    package var site: String
    /// The route, as the configuration writes its path; empty where none was found.
    package var route: String
    package var method: String
    /// The path without its query; what is not printable ASCII stands as `\xHH`.
    package var path: String
    package var status: Int
    /// The stable word of docs/reasons.md; empty where an upstream answered so.
    package var reason: String
    /// The configuration key that decided it; nil if none did.
    package var key: String?
    /// The server's URL; nil if it was not asked.
    package var upstream: String?
    /// The cause in plain words: OpenSSL's, the system's.
    package var detail: String?
}

/// The newest exchanges of a worker that ended with a status of 500 or more, or were refused. It belongs to its worker: nothing
/// is locked, and what clients can cause as often as they like is written down so many times a second, and no more.
final class RecentFailures {
    /// How many failures are kept.
    static let maxFailures = 64
    /// How many failures are written down in a second.
    private static let maxPerSecond = 16
    /// Bytes of a method, a path or a detail.
    private static let maxPartBytes = 160

    private let worker: Int
    private var budget = LineBudget()
    private var kept: [FailureReport] = []
    /// Where the oldest of them is, once there are as many as may be.
    private var oldest = 0
    private(set) var count: UInt64 = 0

    init(worker: Int) {
        self.worker = worker
    }

    /// - Parameter now: monotonic nanoseconds.
    func note(_ record: AccessRecord, _ client: any ClientSide, now: UInt64) {
        count &+= 1
        guard budget.take(now: now, atMost: Self.maxPerSecond) != nil else { return }
        let request = client.requestIfAny
        let report = FailureReport(
            number: count, worker: worker, time: realtimeNanoseconds(), client: Self.address(record, client, request),
            site: record.site?.name ?? "", route: record.route?.text ?? "",
            method: request.map { Self.text($0.fields.bytes[$0.methodRange]) } ?? "",
            path: request.map { Self.path($0.fields.bytes[$0.target]) } ?? "", status: record.status,
            reason: record.reason?.word ?? "", key: record.failure?.key, upstream: record.server?.url,
            detail: record.failure.flatMap { $0.detail.isEmpty ? nil : Self.text(Array($0.detail.utf8)[...]) })
        if kept.count < Self.maxFailures {
            kept.append(report)
        } else {
            kept[oldest] = report
            oldest = (oldest + 1) % Self.maxFailures
        }
    }

    /// The newest first.
    var all: [FailureReport] { (kept[oldest...] + kept[..<oldest]).reversed() }

    private static func address(
        _ record: AccessRecord, _ client: any ClientSide, _ request: RequestHead?
    ) -> String {
        let peer = client.endpoint.peer.host
        guard let site = record.site, !site.trustedProxies.isEmpty, let request else { return peer }
        return client.endpoint.clientAddress(of: request, for: site)?.text ?? peer
    }

    private static func path(_ target: ArraySlice<UInt8>) -> String {
        text(QueryRedaction.withoutUser(target).prefix { $0 != UInt8(ascii: "?") })
    }

    /// One line of printable ASCII, whatever a peer sent.
    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        var out: [UInt8] = []
        for byte in bytes.prefix(maxPartBytes) {
            switch byte {
            case 0x20..<0x7F: out.append(byte)
            default:
                out.append("\\x")
                for half in [byte >> 4, byte & 0x0F] { out.append(half < 10 ? 0x30 + half : 0x57 + half) }
            }
        }
        if bytes.count > maxPartBytes { out.append("...") }
        return String(decoding: out, as: UTF8.self)
    }
}
