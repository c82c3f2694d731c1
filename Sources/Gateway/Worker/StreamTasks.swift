import EventLoop

/// An exchange that is one of several on its connection, and waits for a task.
protocol StreamExchange: AnyObject {
    /// The session of its connection; nil if it is nobody's.
    var session: (any ClientSession)? { get }
    /// Carries it out.
    /// - Parameter waiter: of the task that does.
    nonisolated(nonsending) func serve(_ waiter: Waiter) async
}

/// A worker's tasks for exchanges that have no connection to themselves. Making a task costs a good part of what a request does:
/// one whose exchange has ended stays idle for a while, until there is another, of whichever connection.
final class StreamTasks {
    private let loop: EventLoop
    /// Makes a task that calls `run()`.
    private let startTask: () -> Void
    /// Nanoseconds that a task waits for another exchange.
    private let maxIdleTime: UInt64
    /// Those that no task has taken up, the oldest first.
    private var begun: [any StreamExchange] = []
    /// How many of them have been taken, from the front.
    private var takenCount = 0
    /// The last that has become idle is the first to go on.
    private var idle: [StreamTask] = []
    private var isOver = false
    /// All tasks, busy or idle.
    private var tasks: [ObjectIdentifier: StreamTask] = [:]

    private final class StreamTask {
        let waiter: Waiter
        var isIdle = false
        /// The exchange that it carries out; nil while it is idle.
        var current: (any StreamExchange)?

        init(_ waiter: Waiter) { self.waiter = waiter }
    }

    init(loop: EventLoop, maxIdleTime: UInt64 = 5_000_000_000, startTask: @escaping () -> Void) {
        self.loop = loop
        self.maxIdleTime = maxIdleTime
        self.startTask = startTask
    }

    /// The exchange begins in the loop's next turn.
    func begin(_ exchange: any StreamExchange) {
        // Lists are taken out while they are changed: price 1.
        var exchanges = Swift.exchange(&begun, with: [])
        exchanges.append(exchange)
        begun = exchanges
        guard let task = takeIdle() else { return startTask() }
        task.isIdle = false
        task.waiter.notify()
    }

    /// What a task does: one exchange after the other, until it is not needed any more.
    nonisolated(nonsending) func run() async {
        let task = StreamTask(Waiter(loop: loop))
        tasks[ObjectIdentifier(task)] = task
        repeat {
            while let exchange = takeNext() {
                task.current = exchange
                await exchange.serveDirectly(task.waiter)
            }
            task.current = nil
        } while await waitIdle(task)
        tasks[ObjectIdentifier(task)] = nil
        task.waiter.retire()
    }

    /// The exchanges that have begun and not ended, for reports.
    var underWay: [any StreamExchange] { tasks.values.compactMap(\.current) }

    /// The worker ends: so do its tasks.
    func end() {
        isOver = true
        for task in idle { task.waiter.notify() }
    }

    private func takeIdle() -> StreamTask? {
        var tasks = exchange(&idle, with: [])
        defer { idle = tasks }
        return tasks.popLast()
    }

    private func putIdle(_ task: StreamTask) {
        task.isIdle = true
        var tasks = exchange(&idle, with: [])
        tasks.append(task)
        idle = tasks
    }

    private func takeNext() -> (any StreamExchange)? {
        guard takenCount < begun.count else { return nil }
        let next = begun[takenCount]
        takenCount += 1
        if takenCount == begun.count {
            var exchanges = exchange(&begun, with: [])
            exchanges.removeAll(keepingCapacity: takenCount <= Self.maxIdle)
            begun = exchanges
            takenCount = 0
        }
        return next
    }

    /// - Returns: is there perhaps something to do?
    private nonisolated(nonsending) func waitIdle(_ task: StreamTask) async -> Bool {
        guard !isOver, idle.count < Self.maxIdle else { return false }
        // What came too late for the exchange before is not for the next.
        task.waiter.dropNotification()
        putIdle(task)
        let wake = await task.waiter.wait(timeout: maxIdleTime)
        guard task.isIdle else {
            // Taken up, perhaps after its time had passed and before it could go: then it was told too late for this wait, and
            // without it the exchange that it was taken for would lie there until another one begins.
            task.waiter.dropNotification()
            return true
        }
        task.isIdle = false
        var tasks = exchange(&idle, with: [])
        tasks.removeAll { $0 === task }
        idle = tasks
        return wake != .deadline && !isOver
    }

    /// How many tasks wait for another exchange at most: each holds some kilobytes.
    private static let maxIdle = 256
}
