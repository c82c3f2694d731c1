/// Coarse deadlines for every waiter of a loop: arming costs no system call and no allocation.
///
/// A waiter sits in one slot of a ring. A deadline that moves later leaves it where it is; when the slot's turn comes the
/// waiter is put where its deadline now lies. Only a deadline that moves earlier changes slots at once. Deadlines fire up to
/// one tick late, never early.
package final class DeadlineWheel {
    /// 2^27 ns: about 134 ms.
    static let tickShift: UInt64 = 27
    static let slotCount = 512

    private var slots = [Waiter?](repeating: nil, count: DeadlineWheel.slotCount)
    private var count = 0
    /// The last tick whose slot was visited.
    private var current: UInt64
    /// No slot holds a waiter before this tick.
    private var earliest = UInt64.max

    /// - Parameter now: monotonic nanoseconds.
    init(at now: UInt64 = monotonicNanoseconds()) {
        current = now >> Self.tickShift
    }

    /// How long `epoll_wait` may sleep; -1 for ever.
    func millisecondsToNext(from now: UInt64) -> Int32 {
        guard count > 0 else { return -1 }
        let due = earliest << Self.tickShift
        guard due > now else { return 0 }
        return Int32(clamping: (due - now) / 1_000_000 + 1)
    }

    /// Makes sure that the waiter is looked at no later than its deadline asks.
    func arm(_ waiter: Waiter) {
        let tick = tick(of: waiter.deadline)
        if waiter.slot != nil {
            guard tick < waiter.slotTick else { return }
            remove(waiter)
        }
        insert(waiter, at: tick)
    }

    func remove(_ waiter: Waiter) {
        guard let slot = waiter.slot else { return }
        let next = waiter.next.take()
        unsafe next?.previous = waiter.previous
        if let previous = unsafe waiter.previous { previous.next = next } else { slots[slot] = next }
        unsafe waiter.previous = nil
        waiter.slot = nil
        count -= 1
    }

    /// Visits the slots whose time has come: fires what is due, moves on what is not.
    func advance(to now: UInt64) {
        let target = now >> Self.tickShift
        guard target >= earliest, count > 0 else {
            current = max(current, target)
            return
        }
        // After a long sleep every slot is visited once, not once per missed turn.
        var tick = max(earliest, target >= UInt64(Self.slotCount) ? target - UInt64(Self.slotCount) + 1 : 0)
        current = target
        while tick <= target {
            visit(slot: Int(tick % UInt64(Self.slotCount)), now: now)
            tick += 1
        }
        earliest = nextOccupied(after: target)
    }

    private func visit(slot: Int, now: UInt64) {
        var waiter = slots[slot]
        while let visited = waiter {
            waiter = visited.next
            guard visited.slotTick <= now >> Self.tickShift else { continue }
            remove(visited)
            if visited.deadline <= now {
                visited.wake(.deadline)
            } else if visited.deadline != Waiter.never {
                insert(visited, at: tick(of: visited.deadline))
            }
        }
    }

    private func insert(_ waiter: Waiter, at tick: UInt64) {
        // Beyond one turn of the ring the slot is visited early and the waiter put back.
        let tick = min(max(tick, current + 1), current + UInt64(Self.slotCount) - 1)
        let slot = Int(tick % UInt64(Self.slotCount))
        waiter.slot = slot
        waiter.slotTick = tick
        waiter.next = slots[slot]
        unsafe waiter.previous = nil
        unsafe slots[slot]?.previous = waiter
        slots[slot] = waiter
        count += 1
        earliest = min(earliest, tick)
    }

    private func tick(of deadline: UInt64) -> UInt64 {
        (deadline >> Self.tickShift) + 1
    }

    private func nextOccupied(after tick: UInt64) -> UInt64 {
        guard count > 0 else { return .max }
        for ahead in 1..<UInt64(Self.slotCount) where slots[Int((tick + ahead) % UInt64(Self.slotCount))] != nil {
            return tick + ahead
        }
        return .max
    }
}
