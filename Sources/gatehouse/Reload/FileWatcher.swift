import EventLoop
import Gateway
import Logging

/// Puts replaced certificates into use, and with `--watch` a changed configuration, without being asked.
///
/// The kernel tells when something has happened on the way to a file (`FileWatch`); what has, is then looked at. Where the kernel
/// tells nothing (network file systems, limits) it is looked at once a minute all the same.
actor FileWatcher {
    nonisolated let loop: EventLoop
    private let reloader: Reloader
    private let log: Logger
    private let waiter: Waiter
    /// Nil if the kernel tells nothing.
    private var watch: FileWatch?
    private var isStopped = false
    private var lastFailure: SystemError?
    /// Files and directories that are watched: all of them, unless some could not be.
    private var watched: (files: [String], directories: [String])?
    /// May the way to one of them be another by now?
    private var mayHaveMoved = true

    /// Whoever replaces several files does it one after the other: what has happened is looked at when nothing more does for so
    /// many nanoseconds.
    private static let quiet: UInt64 = 250_000_000
    /// But not later than after so many such times.
    private static let maxPauses = 20
    private static let lookAnyway: UInt64 = 60_000_000_000

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop's thread keeps the loop alive until the process ends.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// - Parameter loop: whose thread runs.
    init(_ reloader: Reloader, on loop: EventLoop, log: Logger) {
        self.reloader = reloader
        self.log = log
        self.loop = loop
        waiter = Waiter(loop: loop)
    }

    /// Makes the kernel tell what happens; before `run`.
    func open() {
        do throws(SystemError) { watch = try FileWatch(on: loop) } catch {
            report(error)
        }
    }

    /// Until `stop`.
    func run() async {
        var changed: Set<String> = []
        while !isStopped {
            // First the watch, then the look: what happens in between is told.
            setWatches(await reloader.watchedFiles, await reloader.watchedDirectories)
            let look = await reloader.lookAtFiles(changed: changed) { await self.pause() }
            changed = look.others
            guard changed.isEmpty else { continue }
            await wait(look.isToBeRepeated ? Reloader.settled : Self.lookAnyway)
            changed = watch?.takeChanged() ?? []
        }
        watch?.close()
        waiter.retire()
    }

    /// The files to be watched are others now.
    func filesChanged() { waiter.notify() }

    func stop() {
        isStopped = true
        waiter.notify()
    }

    private func setWatches(_ files: [String], _ directories: [String]) {
        // As it is after most reloads. To follow the ways to thousands of files takes milliseconds.
        if !mayHaveMoved, let watched, watched.files == files, watched.directories == directories { return }
        (watched, mayHaveMoved) = (nil, false)
        do throws(SystemError) {
            try watch?.watch(files, everyFileIn: directories)
            if watch != nil { lastFailure = nil }
            watched = (files, directories)
        } catch {
            if error != lastFailure { report(error) }
            lastFailure = error
        }
    }

    private func report(_ error: SystemError) {
        log.warning(
            "not all files can be watched: they are looked at once a minute",
            metadata: ["reason": "\(error)", "help": "see fs.inotify.max_user_watches and max_user_instances (sysctl)"])
    }

    /// Waits for a moment.
    /// - Returns: the files of which the kernel has told meanwhile: before what is read next.
    private func pause() async -> Set<String> {
        let deadline = loop.now &+ Self.quiet
        mayHaveMoved = true
        while !isStopped, case let now = loop.now, now < deadline {
            if let watch {
                _ = await watch.wait(waiter, timeout: deadline - now)
            } else {
                _ = await waiter.wait(timeout: deadline - now)
            }
        }
        return watch?.takeChanged() ?? []
    }

    /// Waits until something has happened and is over, and not for longer than so many nanoseconds.
    private func wait(_ timeout: UInt64) async {
        guard let watch else {
            _ = await waiter.wait(timeout: timeout)
            return
        }
        let wake = await watch.wait(waiter, timeout: timeout)
        // That files may be others moves none.
        if wake != .notified { mayHaveMoved = true }
        guard wake == .ready else { return }
        for _ in 0..<Self.maxPauses where !isStopped {
            if await watch.wait(waiter, timeout: Self.quiet) == .deadline { return }
        }
    }
}
