/// Work that needs no task: what to do on the spot when a socket of a wait becomes ready.
package protocol ReadinessHandler: AnyObject {
    /// Must not wait, nor notify or wake the waiter that calls it.
    /// - Returns: is there nothing to decide, so that the wait goes on? Interests are then set for what comes next.
    func becameReady() -> Bool
}

/// The one place where a connection's task waits: for its sockets, for a deadline, or to be notified.
///
/// One task owns a waiter; its sockets (a client's and, during an exchange, an upstream's) name it, so that the task can wait
/// for either. Arming a deadline stores a number: the wheel looks at it when its turn comes.
/// `@safe`: `previous` is cleared by the wheel before its object leaves the list.
@safe package final class Waiter {
    /// Why a wait ended.
    package enum Wake: Sendable {
        /// A socket met its interest.
        case ready
        /// The deadline passed.
        case deadline
        /// `notify()` was called: somebody on this loop changed what the task should look at (drain, an answer elsewhere).
        case notified
    }

    package let loop: EventLoop
    /// The job of the task that waits; nil while none does.
    private var job: UnownedJob?
    /// Why the last wait ended.
    private var reason = Wake.ready
    private var sleeper: ((Wake) -> Void)?
    private var hasNotification = false
    private var handler: (any ReadinessHandler)?

    /// Monotonic nanoseconds, or `never`.
    var deadline = Waiter.never
    /// Where the wheel has this waiter; nil when it is not on the wheel.
    var slot: Int?
    var slotTick: UInt64 = 0
    var next: Waiter?
    /// The neighbour towards the head of the slot's list. It is in the list, so the list keeps it alive.
    unowned(unsafe) var previous: Waiter?

    static let never = UInt64.max

    package init(loop: EventLoop) {
        self.loop = loop
    }

    /// Suspends until something happens. Interests must be set before, and are the caller's to clear after.
    /// - Parameters:
    ///   - timeout: nanoseconds from the loop's `now`; nil waits without a deadline.
    ///   - handler: is asked first when a socket is ready, on the spot and without waking the task.
    package nonisolated(nonsending) func wait(timeout: UInt64?, handler: (any ReadinessHandler)? = nil) async -> Wake {
        if hasNotification {
            hasNotification = false
            return .notified
        }
        deadline = timeout.map { loop.now &+ $0 } ?? Waiter.never
        if deadline != Waiter.never { loop.deadlines.arm(self) }
        // Nil between waits: most have none, and then nothing is stored.
        if let handler { self.handler = handler }
        loop.parking.keep(for: self)
        await loop.parking.enter()
        if handler != nil { self.handler = nil }
        deadline = Waiter.never
        return reason
    }

    /// Keeps the job of the task that has begun to wait.
    func keep(_ job: UnownedJob) { self.job = job }

    /// Waits without a task, which costs a task's memory less: `onWake` is called once, on the loop's thread, at what would have
    /// ended a `wait`.
    /// - Parameter timeout: nanoseconds from the loop's `now`.
    package func sleep(timeout: UInt64, handler: (any ReadinessHandler)? = nil, onWake: @escaping (Wake) -> Void) {
        sleeper = onWake
        self.handler = handler
        deadline = loop.now &+ timeout
        loop.deadlines.arm(self)
        if hasNotification {
            hasNotification = false
            wake(.notified)
        }
    }

    /// Ends a wait. Without one in progress it does nothing: readiness is kept in the sockets.
    package func wake(_ wake: Wake) {
        if wake == .ready, hasWaiting, let handler = handler.take() {
            // Price 2.
            let goesOn = handler.becameReady()
            self.handler = handler
            if goesOn { return }
        }
        if let parked = job.take() {
            reason = wake
            loop.resume(parked)
        } else if let sleeper = sleeper.take() {
            deadline = Waiter.never
            handler = nil
            sleeper(wake)
        }
    }

    /// Ends the wait in progress, or the next one at once, with `.notified`.
    package func notify() {
        if hasWaiting { wake(.notified) } else { hasNotification = true }
    }

    /// Drops a `notify()` that came between a wait's end and now: for a task that looks at everything before it waits again.
    package func dropNotification() { hasNotification = false }

    private var hasWaiting: Bool { job != nil || sleeper != nil }

    /// Leaves the wheel. Call it when the task is done, else the wheel keeps the waiter until its slot's turn.
    package func retire() {
        assert(loop.isOnLoop, "a waiter belongs to its loop's thread, also at its end")
        loop.deadlines.remove(self)
    }
}
