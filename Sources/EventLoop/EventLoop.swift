import CLinux
import Glibc
import Synchronization

/// What is left to do when all that was ready has been done.
package protocol TurnEndHandler: AnyObject {
    /// The turn in which it was asked for is over. Must not wait.
    func turnEnded()
}

/// One thread with one epoll set, and at the same time the executor of everything that lives on it.
///
/// It is a `SerialExecutor` (an actor returns it from `unownedExecutor`), and a `TaskExecutor` for tasks that are not begun by
/// such an actor: their closures would start on the generic executor, on another thread. A task waits by `Waiter`, not by a
/// continuation, which would go on at the generic executor unless its task had a preference.
///
/// `@unchecked Sendable`: `inbox`, `thread` and `wakeup` may be used from any thread (a mutex, an atomic, and a descriptor that
/// `deinit` closes, when nobody has the loop). Every other stored property is touched by the loop's own thread alone: what
/// reaches them is isolated to an actor on this executor, which `checkIsolated` holds it to.
/// `@safe`: a job is run once: it leaves its list, or its waiter, before.
@safe package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    /// Jobs from other threads. `hasSignalled` saves the eventfd write while the loop is known to look at the
    /// inbox anyway.
    private struct Inbox {
        var jobs: [UnownedJob] = []
        var hasSignalled = false
        var isStopped = false
    }

    private let epoll: Int32
    private let wakeup: Int32
    private let inbox = Mutex(Inbox())
    private let thread = Atomic<UInt>(0)

    private var ready: [UnownedJob] = []
    private var hasYielded = false
    /// Handlers that are told once, at the end of the turn.
    private var endings: [any TurnEndHandler] = []
    /// Handlers that are told at the end of the turn in which a time has come, and the first of the times.
    private var soon: [(handler: any TurnEndHandler, time: UInt64)] = []
    private var soonest: UInt64?
    /// Until when nothing is looked at, in monotonic nanoseconds; 0: something may be.
    private var pauseEnd: UInt64 = 0
    private var sockets: [Socket?] = []
    private var generation: UInt32 = 0
    private var stops = false

    package let deadlines = DeadlineWheel()
    let deferredSends = DeferredSends()
    let parking = Parking()
    /// Monotonic nanoseconds, read once per turn of the loop. For deadlines and log timings.
    package var now: UInt64 { time }
    private var time: UInt64 = monotonicNanoseconds()

    /// Makes the epoll set; `start()` runs it.
    /// - Throws: the failed system call.
    package init() throws(SystemError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw SystemError("epoll_create1") }
        wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeup >= 0 else {
            let error = SystemError("eventfd")
            close(epoll)
            throw error
        }
        guard gh_watch(epoll, wakeup, EPOLLIN.rawValue, wakeupToken) == 0 else { throw SystemError("epoll_ctl") }
    }

    deinit {
        close(wakeup)
        close(epoll)
    }

    /// Starts the loop's thread. The thread keeps the loop alive until `stop()`.
    /// - Parameter yields: do the workers go first, where a core is short? For what no client waits for.
    package func start(name: String, yields: Bool = false) throws(SystemError) {
        try NamedThread.start(name: name) {
            if yields { NamedThread.lowerPriority() }
            self.run()
        }
    }

    /// Ends the thread after the jobs that are ready now. Callable from any thread.
    package func stop() {
        inbox.withLock { $0.isStopped = true }
        signal()
    }

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isOnLoop {
            withReady { $0.append(job) }
            return
        }
        let mustSignal = inbox.withLock { inbox in
            inbox.jobs.append(job)
            defer { inbox.hasSignalled = true }
            return !inbox.hasSignalled
        }
        if mustSignal { signal() }
    }

    /// Runs the job of a task that waited in this turn, or the next if jobs run already.
    func resume(_ job: UnownedJob) { withReady { $0.append(job) } }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    package func checkIsolated() {
        precondition(isOnLoop, "this code belongs to another event loop")
    }

    package func isIsolatingCurrentContext() -> Bool? { isOnLoop }

    var isOnLoop: Bool { UInt(pthread_self()) == thread.load(ordering: .relaxed) }

    private func signal() {
        var one: UInt64 = 1
        // EAGAIN means that the counter is full: the loop is certain to wake.
        _ = unsafe write(wakeup, &one, 8)
    }

    // MARK: The loop

    /// The body of the loop's thread.
    func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        // What is awaited for some microseconds must not take several times as long.
        gh_wake_on_time()
        let capacity = 256
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: capacity)
        defer { unsafe events.deallocate() }
        // The jobs of a turn. Local, so that running them does not hold an access to the loop's own state.
        var running: [UnownedJob] = []
        let serial = unsafe asUnownedSerialExecutor()
        while true {
            if pauseEnd > 0 { pause() }
            let timeout = ready.isEmpty && endings.isEmpty ? deadlines.millisecondsToNext(from: now) : 0
            let count =
                if timeout != 0, let soonest {
                    unsafe gh_wait_briefly(epoll, events, Int32(capacity), Int(max(soonest, now + 1) - now))
                } else {
                    unsafe gh_wait_for_events(epoll, events, Int32(capacity), timeout)
                }
            time = monotonicNanoseconds()
            if let soonest, soonest <= now { takeDue() }
            for index in 0..<Int(max(0, count)) {
                unsafe dispatch(gh_event_token(events + index), events[index].events)
            }
            deadlines.advance(to: now)
            // A tunnel relays without a job.
            if !ready.isEmpty {
                // Jobs that these jobs make ready run in the next turn, so that sockets are looked at in between.
                swap(&ready, &running)
                for job in running {
                    unsafe job.runSynchronously(on: serial)
                }
                // To remove all at once costs as much as some ten one by one.
                if running.count > 10 { running.removeAll(keepingCapacity: true) }
                while running.popLast() != nil {}
            }
            if !endings.isEmpty { tellEndings() }
            deferredSends.sendAll()
            resumeYielded()
            if stops, ready.isEmpty { return }
        }
    }

    private func resumeYielded() {
        guard hasYielded else { return }
        hasYielded = false
        let jobs = parking.takeYielded()
        // They run in the next turn.
        withReady { $0.append(contentsOf: jobs) }
    }

    /// Tells a handler at the end of the turn, or, if asked by a handler, of the next one: for what many exchanges of a turn
    /// share, as a connection's write. Once for each call.
    package func atTurnEnd(_ handler: any TurnEndHandler) {
        assert(isOnLoop, "a turn's end is its own thread's affair")
        endings.append(handler)
    }

    /// Tells a handler at the end of the turn in which a time has come, or soon after: for what is too short for a deadline.
    /// - Parameter time: monotonic nanoseconds; at most a millisecond from now.
    package func atTurnEnd(_ handler: any TurnEndHandler, from time: UInt64) {
        assert(isOnLoop, "a turn's end is its own thread's affair")
        soon.append((handler, time))
        soonest = min(soonest ?? time, time)
    }

    /// Makes the loop look at nothing before a time, unless it has something left to do: what comes meanwhile is taken in one
    /// turn, for one wait. For a loop that many small things come to, one right after the other; all that it has waits with them.
    /// - Parameter time: monotonic nanoseconds; at most a millisecond from now.
    package func pause(until time: UInt64) {
        assert(isOnLoop, "a loop's pause is its own thread's affair")
        pauseEnd = max(pauseEnd, time)
    }

    private func pause() {
        let end = exchange(&pauseEnd, with: 0)
        // A turn that took as long has let as much come.
        let present = monotonicNanoseconds()
        guard ready.isEmpty, endings.isEmpty, end > present else { return }
        var time = timespec(tv_sec: Int((end - present) / 1_000_000_000), tv_nsec: Int((end - present) % 1_000_000_000))
        // nanosleep(2) only reads it. A signal ends the pause early.
        _ = unsafe nanosleep(&time, nil)
    }

    private func takeDue() {
        // Taken out while it is changed: price 1.
        var waiting = exchange(&soon, with: [])
        for each in waiting where each.time <= now { endings.append(each.handler) }
        waiting.removeAll { $0.time <= now }
        soonest = waiting.lazy.map { $0.time }.min()
        soon = waiting
    }

    private func tellEndings() {
        let handlers = exchange(&endings, with: [])
        for handler in handlers { handler.turnEnded() }
    }

    private func dispatch(_ token: UInt64, _ events: UInt32) {
        if token == wakeupToken {
            takeInbox()
            return
        }
        let descriptor = Int(truncatingIfNeeded: token & 0xFFFF_FFFF)
        // A socket closed earlier in this batch has left the table; its descriptor's next owner has another generation.
        guard descriptor < sockets.count, let socket = sockets[descriptor], socket.generation == UInt32(token >> 32)
        else { return }
        socket.becameReady(events)
    }

    private func takeInbox() {
        var count: UInt64 = 0
        _ = unsafe read(wakeup, &count, 8)
        let arrived = inbox.withLock { inbox in
            inbox.hasSignalled = false
            stops = inbox.isStopped
            return exchange(&inbox.jobs, with: [])
        }
        withReady { $0.append(contentsOf: arrived) }
    }

    /// Lends the queue. Price 1: it is taken out and put back.
    @inline(__always)
    private func withReady(_ body: (inout [UnownedJob]) -> Void) {
        var lent = exchange(&ready, with: [])
        body(&lent)
        ready = lent
    }

    // MARK: Sockets

    /// Registers once, edge-triggered, for everything: no `epoll_ctl` per wait.
    /// - Returns: the generation of the socket's descriptor.
    func register(_ socket: Socket) throws(SystemError) -> UInt32 {
        generation &+= 1
        let token = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: socket.descriptor))
        let events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        guard gh_watch(epoll, socket.descriptor, events, token) == 0 else { throw SystemError("epoll_ctl") }
        let index = Int(socket.descriptor)
        withSockets { sockets in
            if index >= sockets.count {
                sockets.append(contentsOf: repeatElement(nil, count: max(64, index + 1 - sockets.count)))
            }
            sockets[index] = socket
        }
        return generation
    }

    /// Forgets the socket; the kernel drops the registration when the descriptor closes.
    func unregister(_ socket: Socket) {
        assert(isOnLoop, "a socket belongs to its loop's thread, also at its end")
        withSockets { $0[Int(socket.descriptor)] = nil }
    }

    /// Lends the table. Price 1: every event looks into it.
    private func withSockets(_ body: (inout [Socket?]) -> Void) {
        var lent = exchange(&sockets, with: [])
        body(&lent)
        sockets = lent
    }

    /// Takes the calling task to the end of the ready queue, so that a busy connection lets the others have a turn.
    package nonisolated(nonsending) func yield() async {
        checkIsolated()
        hasYielded = true
        parking.keep(for: nil)
        await parking.enter()
    }
}

/// No descriptor has this value, so it never collides with a socket's token.
private let wakeupToken = UInt64.max
