import Testing

@testable import EventLoop

@Suite struct DeadlineWheelTests {
    /// Any time will do; this one is not at a tick's edge.
    private static let start: UInt64 = 987_654_321_987_654_321
    private static let tick = UInt64(1) << DeadlineWheel.tickShift

    private let loop: EventLoop
    private let wheel = DeadlineWheel(at: Self.start)

    init() throws {
        loop = try EventLoop()
    }

    private func waiter(at deadline: UInt64) -> Waiter {
        let waiter = Waiter(loop: loop)
        waiter.deadline = deadline
        wheel.arm(waiter)
        return waiter
    }

    /// Sleeps as the loop does, until the waiter is off the wheel.
    private func fire(_ waiter: Waiter, from start: UInt64 = Self.start) -> (time: UInt64, turns: Int) {
        var now = start
        var turns = 0
        while waiter.slot != nil {
            let pause = wheel.millisecondsToNext(from: now)
            #expect(pause >= 0)
            now += UInt64(max(pause, 1)) * 1_000_000
            wheel.advance(to: now)
            turns += 1
        }
        return (now, turns)
    }

    private func expectOnTime(_ time: UInt64, _ deadline: UInt64) {
        #expect(time >= deadline)
        #expect(time <= deadline + Self.tick + 2_000_000)
    }

    @Test(arguments: [1, 1_000_000, 134_000_000, 135_000_000, 1_000_000_000, 68_700_000_000, 68_800_000_000, 3_600_000_000_000])
    func `a deadline fires at most a tick late, never early, and without busy turns`(timeout: UInt64) {
        let waiter = waiter(at: Self.start + timeout)
        let (time, turns) = fire(waiter)
        expectOnTime(time, Self.start + timeout)
        #expect(turns <= 2 + Int(timeout / (Self.tick * UInt64(DeadlineWheel.slotCount - 1))))
    }

    @Test func `an empty wheel lets the loop sleep for ever`() {
        #expect(wheel.millisecondsToNext(from: Self.start) == -1)
        let waiter = waiter(at: Self.start + 5)
        wheel.remove(waiter)
        #expect(wheel.millisecondsToNext(from: Self.start) == -1)
        wheel.advance(to: Self.start + 100 * Self.tick)
        #expect(wheel.millisecondsToNext(from: Self.start + 100 * Self.tick) == -1)
    }

    @Test func `a deadline that moves later leaves its waiter in place until the old time`() {
        let waiter = waiter(at: Self.start + Self.tick)
        let slot = waiter.slot
        waiter.deadline = Self.start + 10 * Self.tick
        wheel.arm(waiter)
        #expect(waiter.slot == slot)
        wheel.advance(to: Self.start + 3 * Self.tick)
        #expect(waiter.slot != nil && waiter.slot != slot)
        expectOnTime(fire(waiter, from: Self.start + 3 * Self.tick).time, Self.start + 10 * Self.tick)
    }

    @Test func `a deadline that moves earlier is kept`() {
        let waiter = waiter(at: Self.start + 100 * Self.tick)
        waiter.deadline = Self.start + 2 * Self.tick
        wheel.arm(waiter)
        expectOnTime(fire(waiter).time, Self.start + 2 * Self.tick)
    }

    @Test func `a waiter that waits for ever leaves the wheel when its old slot comes`() {
        let waiter = waiter(at: Self.start + Self.tick)
        waiter.deadline = Waiter.never
        wheel.advance(to: Self.start + 3 * Self.tick)
        #expect(waiter.slot == nil)
        #expect(wheel.millisecondsToNext(from: Self.start + 3 * Self.tick) == -1)
    }

    @Test func `after a long sleep everything due fires and nothing else`() {
        let due = (0..<2000).map { waiter(at: Self.start + UInt64($0) * Self.tick) }
        let later = waiter(at: Self.start + 5000 * Self.tick)
        wheel.advance(to: Self.start + 2001 * Self.tick)
        #expect(due.allSatisfy { $0.slot == nil })
        #expect(later.slot != nil)
    }

    @Test func `waiters that come, move and leave in any order fire on time`() {
        var random = SystemRandomNumberGenerator()
        var waiting: [Waiter] = []
        var now = Self.start
        for _ in 0..<4000 {
            switch UInt8.random(in: 0..<8, using: &random) {
            case 0..<4: waiting.append(waiter(at: now + UInt64.random(in: 0..<1000 * Self.tick, using: &random)))
            case 4:
                guard let moved = waiting.randomElement(using: &random) else { continue }
                moved.deadline = now + UInt64.random(in: 0..<1000 * Self.tick, using: &random)
                wheel.arm(moved)
            case 5:
                guard !waiting.isEmpty else { continue }
                wheel.remove(waiting.remove(at: Int.random(in: 0..<waiting.count, using: &random)))
            default:
                now += UInt64.random(in: 0..<2 * Self.tick, using: &random)
                wheel.advance(to: now)
                for waiter in waiting {
                    if waiter.slot == nil { #expect(waiter.deadline <= now) }
                    if waiter.deadline + Self.tick <= now { #expect(waiter.slot == nil) }
                }
                waiting.removeAll { $0.slot == nil }
            }
        }
    }
}
