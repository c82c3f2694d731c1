/// Where a loop's tasks are while they wait. A task that calls `enter` is not run there: its job is kept until the loop has it go
/// on.
///
/// It stands in for a continuation (price 10): a task goes on from one at the executor that it prefers, which the runtime looks
/// up under a lock at every step. Here it goes on where the loop runs it, which is the executor of its actor.
actor Parking {
    private nonisolated let executor = ParkingExecutor()
    private var count: UInt64 = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The actor keeps it.
        unsafe UnownedSerialExecutor(ordinary: executor)
    }

    /// Says who keeps the job of the task that calls `enter` next: a waiter, or nil for the end of the loop's turn.
    @inline(__always)
    nonisolated func keep(for waiter: Waiter?) {
        unsafe executor.waiter = waiter.map { unsafe .passUnretained($0) }
    }

    /// Suspends the calling task; `keep(for:)` must have been called just before.
    ///
    /// Not inlined, and not empty: the compiler would see that nothing needs this actor's executor, and would not go there.
    @inline(never)
    func enter() { count &+= 1 }

    /// The jobs that were kept for no waiter.
    nonisolated func takeYielded() -> [UnownedJob] { exchange(&executor.yielded, with: []) }
}

/// Keeps the jobs that it is given, and runs none.
///
/// `@unchecked Sendable`: a part of the event loop. Only tasks that are on the loop's thread come here, and only it looks.
/// `@safe`: `waiter` is looked at in the call that it was set for, by the task that owns it.
@safe private final class ParkingExecutor: SerialExecutor, @unchecked Sendable {
    /// The calling task's own, which keeps it alive; taken when that task's job comes, at once. Not counted (price 2).
    var waiter: Unmanaged<Waiter>?
    var yielded: [UnownedJob] = []

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard let waiter = unsafe waiter else { return yielded.append(job) }
        unsafe self.waiter = nil
        unsafe waiter._withUnsafeGuaranteedRef { $0.keep(job) }
    }
}
