import EventLoop
import HTTP

/// The time of day for `Date` fields and log lines, worked out once a second.
final class WallClock {
    private let loop: EventLoop
    private var second: Int64 = 0
    private var checkedAt: UInt64 = 0
    private var date: [UInt8] = []

    init(loop: EventLoop) {
        self.loop = loop
    }

    /// Seconds since 1970.
    var seconds: Int64 {
        update()
        return second
    }

    /// An IMF-fixdate (RFC 9110 §5.6.7).
    var httpDate: [UInt8] {
        update()
        return date
    }

    private func update() {
        guard loop.now &- checkedAt > 100_000_000 || checkedAt == 0 else { return }
        checkedAt = loop.now
        let now = Int64(realtimeNanoseconds() / 1_000_000_000)
        guard now != second else { return }
        second = now
        // Price 1.
        var text = exchange(&date, with: [])
        text.removeAll(keepingCapacity: true)
        HTTPDate.append(now, to: &text)
        date = text
    }
}
