import Configuration
import EventLoop
import Gateway

/// Reads configurations and makes plans of them, from the first one on: what takes long in a reload, and nobody waits for.
///
/// On one thread of its own for the life of the process. The allocator gives threads regions of their own: what a part of a
/// configuration that has changed leaves in the region of another thread would stay there in pieces, and be of no use to what is
/// made in its place.
actor PlanMaker {
    private nonisolated let loop: EventLoop

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop's thread keeps the loop alive until the process ends.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// Starts the thread.
    /// - Throws: the failed system call.
    init() throws(SystemError) {
        loop = try EventLoop()
        try loop.start(name: "plan")
    }

    /// The configuration that the gateway begins with; see `LoadedPlan.load`. Afterwards the thread lets the workers go first
    /// where a core is short.
    /// - Throws: `ExitCode(1)` when there is an error.
    func load(
        _ path: String, mode: ReadMode, workers: Int?, policy: FaultPolicy, isCheck: Bool, stickySecret: String?
    ) throws -> LoadedPlan {
        defer { NamedThread.lowerPriority() }
        return try LoadedPlan.load(
            path, mode: mode, workers: workers, policy: policy, isCheck: isCheck, stickySecret: stickySecret)
    }

    /// The configuration of a file, and of those that it includes.
    /// - Parameter inUse: what is as it is there is not read again.
    func read(path: String, mode: ReadMode, after inUse: Configuration) -> ReadResult {
        Configuration.read(path: path, mode: mode, after: inUse)
    }

    /// The configuration of texts that are in memory.
    func read(_ texts: ConfigurationSource, mode: ReadMode, after inUse: Configuration) -> ReadResult {
        Configuration.read(texts, mode: mode, after: inUse)
    }

    /// Checks and builds what has been read; see `LoadedPlan.build`.
    /// - Parameter inUse: the plan that it is to follow.
    func build(_ result: ReadResult, after inUse: Plan, policy: FaultPolicy) -> (loaded: LoadedPlan?, problems: [Problem]) {
        LoadedPlan.build(result, workers: inUse.workerCount, after: inUse, policy: policy)
    }
}
