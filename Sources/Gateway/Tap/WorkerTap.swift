import EventLoop
import HTTP

/// One worker's part of a tap: makes lines, and hands them over many at a time.
final class WorkerTap {
    let tap: Tap
    private let worker: Int
    private var lines: [UInt8] = []
    /// How many that are.
    private var count = 0
    /// Lines since the last tick.
    private var made = 0
    /// Lines that were not made since the last time.
    private var lost: UInt64 = 0
    /// Exchanges that were shown.
    private var number: UInt64 = 0
    /// Filled again for each exchange.
    private let slot = RecorderSlot()
    private(set) var isOver = false

    private static let flushSize = 32_768
    /// Lines between two ticks: what is more than anybody reads must not take the worker's time.
    private static let maxLines = 2000

    init(_ tap: Tap, worker: Int) {
        self.tap = tap
        self.worker = worker
    }

    /// Shows an exchange that ends now, if it is one of those that are asked for.
    func offer(
        _ record: borrowing AccessRecord, _ client: any ClientSide, _ names: RouteNames, _ redaction: QueryRedaction
    ) {
        let endpoint = client.endpoint
        let request = client.requestIfAny
        guard tap.filter.takes(record, request, client: address(client, record.site)) else { return }
        guard hasRoom() else { return }
        number &+= 1
        slot.fill(record, client, endpoint, names, number: number, worker: worker, now: realtimeNanoseconds(), redaction)
        var object = RecordedLine(exchange: slot.exchange).object
        if let request, record.isRequestWhole {
            let repeated = RepeatedRequest(request, endpoint, redaction, hasBody: !request.framing.isEmpty)
            repeated.append(to: &object)
        }
        end(&object)
    }

    /// Are the frames of a tunnel to be shown that this exchange has opened?
    func takesTunnel(_ record: borrowing AccessRecord, _ client: any ClientSide, of connection: String) -> Bool {
        guard let frames = tap.frames, frames.connection == nil || frames.connection == connection else { return false }
        return tap.filter.takes(record, client.requestIfAny, client: address(client, record.site))
    }

    private func address(_ client: any ClientSide, _ site: SitePlan?) -> IPAddress? {
        guard let site, let request = client.requestIfAny else { return client.endpoint.address }
        return client.endpoint.clientAddress(of: request, for: site)
    }

    /// Shows a line, if there is room for one.
    func show(_ make: () -> JSONObject) {
        guard hasRoom() else { return }
        var object = make()
        end(&object)
    }

    private func hasRoom() -> Bool {
        guard !isOver else { return false }
        if made < Self.maxLines { return true }
        lost &+= 1
        return false
    }

    private func end(_ object: inout JSONObject) {
        object.end(&lines)
        lines.append(0x0A)
        count += 1
        made += 1
        if lines.count >= Self.flushSize { hand() }
    }

    /// Hands over what there is; the next lines have room again.
    func flush() {
        hand()
        made = 0
    }

    private func hand() {
        guard !lines.isEmpty || lost > 0 else { return }
        tap.add(lines, count: count, lost: lost)
        lines.removeAll(keepingCapacity: true)
        lost = 0
        count = 0
    }

    /// Nothing more is shown.
    func end() { isOver = true }
}
