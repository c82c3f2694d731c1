import Configuration
import EventLoop

/// A log: a bounded queue of lines, and a thread of its own that writes them. Nobody who logs ever waits for the destination, be
/// it a pipe that nobody reads, a terminal that is held, a full disk, or a file server that is gone.
package final class LogWriter: Sendable {
    /// False for the destination `none`.
    package let isOn: Bool
    let destination: Logging.Destination
    private let options: LogOptions
    /// Does whoever receives lines get their times beside them?
    let isTimed: Bool
    private let sources: Int
    /// What becomes of its lines: it is there until the thread has ended, which may be after this.
    let queue: LogQueue

    /// The most memory that lines may hold while they wait (docs/limits.md).
    static let capacity = 16 << 20
    /// Nanoseconds that a line waits for older ones of other workers, which flush their lines at each tick: a quarter of a
    /// second, and the turn of the deadline wheel by which it may be late.
    static let sortingTime: UInt64 = 400_000_000

    /// Opens the destination and starts the thread.
    /// - Parameters:
    ///   - key: the configuration key of the destination, for messages.
    ///   - sources: how many threads make lines; lines of several are brought into the order of their times.
    /// - Throws: `LogOpenError`, or the system call that failed.
    init(_ destination: Logging.Destination, _ options: LogOptions, key: String, sources: Int) throws {
        self.destination = destination
        self.options = options
        isTimed =
            switch destination {
            case .syslog, .journald, .collector: true
            case .none, .stdout, .stderr, .file: false
            }
        self.sources = sources
        isOn = destination != .none
        let path: String? = if case .file(let path) = destination { path } else { nil }
        queue = try LogQueue(key: key, path: path, capacity: Self.capacity)
        guard isOn else {
            queue.noteEnd(left: 0)
            return
        }
        // Opened here, so that what is wrong with it is an error at start.
        let thread = LogThread(
            output: try LogOutput(destination, options, key: key), queue: queue,
            sortingTime: sources > 1 ? Self.sortingTime : 0)
        try NamedThread.start(name: "log") {
            var thread = thread
            thread.run()
        }
    }

    /// Would one with these arguments do the same?
    func isSame(as destination: Logging.Destination, _ options: LogOptions, key: String, sources: Int) -> Bool {
        self.destination == destination && self.options == options && queue.key == key && self.sources == sources
    }

    /// Its thread writes what it has been given, and ends.
    deinit {
        queue.close()
    }

    /// Hands whole lines over. What the destination does not take in time is dropped and counted.
    func write(_ batch: consuming LogBatch) {
        guard isOn else { return }
        queue.add(batch)
    }

    /// Opens a file anew before the next line is written: what logrotate(8) and its kin ask for. Nothing happens to another
    /// destination.
    package func reopen() {
        if queue.path != nil { queue.reopen() }
    }
}
