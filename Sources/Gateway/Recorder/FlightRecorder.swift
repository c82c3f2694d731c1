import EventLoop

/// The last exchanges of one worker, kept in a ring: each is written over the oldest one.
///
/// It is the worker's alone, so nothing is locked. Places are filled again, so nothing is allocated once the ring is full. Who
/// reads it gets copies.
final class FlightRecorder {
    private let worker: Int
    private var ring: [RecordedExchange] = []
    /// The place of the next one.
    private var next = 0
    private var capacity: Int
    /// Records since the start.
    private var number: UInt64 = 0

    /// - Parameters:
    ///   - capacity: how many are kept; 0: none.
    ///   - worker: the worker's number, from 0.
    init(capacity: Int, worker: Int) {
        self.capacity = capacity
        self.worker = worker
    }

    var isOn: Bool { capacity > 0 }

    /// Keeps so many from now on. Of those that are there as many of the last as there is room for.
    func resize(to capacity: Int) {
        guard capacity != self.capacity else { return }
        ring = Array(inOrder.suffix(capacity))
        next = ring.count == capacity ? 0 : ring.count
        self.capacity = capacity
    }

    /// Records an exchange that ends now.
    /// - Returns: its number.
    @discardableResult
    func record(
        _ record: borrowing AccessRecord, _ client: any ClientSide, _ redaction: QueryRedaction, configuration: String
    ) -> UInt64 {
        let place = take()
        ring[place].fill(
            record, client, number: number, worker: worker, now: realtimeNanoseconds(), redaction, configuration: configuration)
        return number
    }

    /// Records that a tunnel has ended.
    /// - Parameters:
    ///   - exchange: the number of the one that opened it; 0 if that was not recorded.
    ///   - duration: nanoseconds of exchange and tunnel together.
    func record(_ ending: TunnelEnding, exchange: UInt64, duration: UInt64) {
        guard isOn else { return }
        let place = take()
        ring[place].fill(
            ending, exchange: exchange, duration: duration, number: number, worker: worker, now: realtimeNanoseconds())
    }

    /// The oldest first.
    var inOrder: [RecordedExchange] { ring.count < capacity ? ring : Array(ring[next...] + ring[..<next]) }

    private func take() -> Int {
        number &+= 1
        if ring.isEmpty { ring.reserveCapacity(capacity) }
        if ring.count == next { ring.append(RecordedExchange()) }
        defer { next = next + 1 == capacity ? 0 : next + 1 }
        return next
    }
}
