import EventLoop

/// The last exchanges of one worker, kept in a ring: each is written over the oldest one.
///
/// It is the worker's alone, so nothing is locked. Slots are filled again, so nothing is allocated once the ring is full. Who
/// reads it gets copies.
final class FlightRecorder {
    private let loop: EventLoop
    private let worker: Int
    private var ring: [RecorderSlot] = []
    /// How many there are in it. Beside the list, whose every look at is checked (price 1).
    private var filled = 0
    /// The index of the next one.
    private var next = 0
    private var capacity: Int
    /// Records since the start.
    private var number: UInt64 = 0

    /// - Parameters:
    ///   - capacity: how many are kept; 0: none.
    ///   - worker: the worker's number, from 0.
    ///   - loop: the worker's.
    init(capacity: Int, worker: Int, loop: EventLoop) {
        self.loop = loop
        self.capacity = capacity
        self.worker = worker
    }

    var isOn: Bool { capacity > 0 }

    /// Keeps so many from now on. Of those that are there as many of the last as there is room for.
    func resize(to capacity: Int) {
        guard capacity != self.capacity else { return }
        ring = Array(inOrder.suffix(capacity))
        filled = ring.count
        next = filled == capacity ? 0 : filled
        self.capacity = capacity
    }

    /// Records an exchange that ends now. Its time is the loop's, which is there already.
    /// - Parameters:
    ///   - endpoint: the client's.
    ///   - names: of the exchange's route, or site.
    ///   - redaction: the site's; nil if it takes nothing out.
    /// - Returns: its number.
    @discardableResult
    func record(
        _ record: borrowing AccessRecord, _ client: any ClientSide, _ endpoint: ClientEndpoint, _ names: RouteNames,
        _ redaction: QueryRedaction?
    ) -> UInt64 {
        take().fill(record, client, endpoint, names, number: number, worker: worker, now: loop.now, redaction)
        return number
    }

    /// Records that a tunnel has ended.
    /// - Parameters:
    ///   - exchange: the number of the one that opened it; 0 if that was not recorded.
    ///   - duration: nanoseconds of exchange and tunnel together.
    func record(_ ending: TunnelEnding, exchange: UInt64, duration: UInt64) {
        guard isOn else { return }
        take().fill(ending, exchange: exchange, duration: duration, number: number, worker: worker, now: loop.now)
    }

    /// The oldest first, each with the time of day, in nanoseconds since 1970, by the clock as it is now.
    func exchanges() -> [RecordedExchange] {
        let offset = realtimeNanoseconds() &- monotonicNanoseconds()
        return inOrder.map { slot in
            var exchange = slot.exchange
            exchange.figures.time &+= offset
            return exchange
        }
    }

    /// The oldest first.
    private var inOrder: [RecorderSlot] {
        let ring = ring
        return ring.count < capacity ? ring : Array(ring[next...] + ring[..<next])
    }

    private func take() -> RecorderSlot {
        number &+= 1
        let index = next
        if index == filled { grow() }
        next = index &+ 1 == capacity ? 0 : index &+ 1
        return ring[index]
    }

    @inline(never)
    private func grow() {
        // Taken out meanwhile: then no look at it is checked (price 1).
        var ring = exchange(&self.ring, with: [])
        if ring.isEmpty { ring.reserveCapacity(capacity) }
        ring.append(RecorderSlot())
        filled = ring.count
        self.ring = ring
    }
}
