import Glibc

/// Notices when files may have changed: by a write in place, a rename, or another link anywhere on the way to them (inotify(7)).
///
/// Directories are watched, not the files: what has been replaced is another file by then. It tells that something has happened,
/// not what: whoever is told looks for himself, since the kernel may drop events.
package final class FileWatch {
    private let socket: Socket
    /// A directory, and for which files the names in it matter.
    private struct Directory {
        var path: String
        private(set) var names: [String: [String]] = [:]
        /// The digests of the names: most events of a busy directory end here, before anything is made of them.
        private(set) var digests: Set<Int> = []
        /// Does every name in it matter?
        var isWhole = false

        mutating func add(_ name: String, of file: String) {
            names[name, default: []].append(file)
            digests.insert(FileWatch.digest(name.utf8))
        }
    }

    /// The files that may have changed.
    private var changed: Set<String> = []

    /// The directories by the kernel's numbers of their watches.
    private var directories: [Int32: Directory] = [:]

    /// What happens to the entries of a directory on the way. None of those that matter is ever written to.
    private static let eventsOfWays = UInt32(
        IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF)
    /// And where files are, without every single write: what is being written is not there yet.
    private static let eventsOfFiles = eventsOfWays | UInt32(IN_CLOSE_WRITE)
    /// A directory can be on the way to one file and hold another, by another path.
    private static let flags = UInt32(IN_ONLYDIR | IN_MASK_ADD)
    /// After events that do not matter others will follow, as in a directory for temporary files: they wait for so many
    /// nanoseconds, and are then read together.
    private static let rest: UInt64 = 50_000_000
    private static let bufferSize = 16_384
    private var buffer = [UInt8](repeating: 0, count: FileWatch.bufferSize)

    /// Watches nothing yet.
    /// - Throws: the system call that failed; the user's limit on inotify instances is `EMFILE`.
    package init(on loop: EventLoop) throws(SystemError) {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError("inotify_init1") }
        socket = try Socket(adopting: descriptor, on: loop)
    }

    /// Ends it.
    package func close() { socket.close() }

    /// Watches the way to these files, and no longer what was watched before. What is not there yet is watched for, too.
    /// - Parameter whole: directories in which any file matters; `takeChanged` names the directory.
    /// - Throws: the first directory that cannot be watched; the others are. The user's limit on watches is `ENOSPC`.
    package func watch(_ paths: [String], everyFileIn whole: [String] = []) throws(SystemError) {
        var wanted: [Int32: Directory] = [:]
        var failure: SystemError?
        var known: [String: Int32] = [:]
        func number(of directory: String, _ events: UInt32) -> Int32 {
            // The path is read during the call alone.
            let number = unsafe inotify_add_watch(socket.descriptor, directory, events | Self.flags)
            // What has gone meanwhile is the next look's affair.
            if number < 0, errno != ENOENT, errno != ENOTDIR, failure == nil { failure = SystemError("inotify_add_watch") }
            known[directory] = number
            return number
        }
        let ways = (paths + whole).map { FilePathSteps.all(of: $0) }
        let directoriesOfFiles = Set(ways.compactMap { $0.last?.directory })
        for (path, steps) in zip(paths + whole, ways) {
            for step in steps {
                let holdsFiles = directoriesOfFiles.contains(step.directory)
                let number =
                    known[step.directory] ?? number(of: step.directory, holdsFiles ? Self.eventsOfFiles : Self.eventsOfWays)
                if number >= 0 { wanted[number, default: Directory(path: step.directory)].add(step.name, of: path) }
            }
        }
        for path in whole {
            let number = number(of: path, Self.eventsOfFiles)
            if number >= 0 { wanted[number, default: Directory(path: path)].isWhole = true }
        }
        for number in directories.keys where wanted[number] == nil { inotify_rm_watch(socket.descriptor, number) }
        directories = wanted
        if let failure { throw failure }
    }

    /// The files that were written or replaced since the last call, as far as the kernel has told.
    package func takeChanged() -> Set<String> { exchange(&changed, with: []) }

    /// Waits until something has happened to what is watched.
    /// - Parameter timeout: nanoseconds.
    /// - Returns: why the wait ended.
    package nonisolated(nonsending) func wait(_ waiter: Waiter, timeout: UInt64) async -> Waiter.Wake {
        let deadline = waiter.loop.now &+ timeout
        socket.waiter = waiter
        while true {
            let events = takeEvents()
            if events.matter { return .ready }
            let now = waiter.loop.now
            guard now < deadline else { return .deadline }
            if events.areAny {
                // Nobody waits for the socket meanwhile: it is read in any case afterwards.
                guard await waiter.wait(timeout: min(deadline - now, Self.rest)) != .notified else { return .notified }
                continue
            }
            socket.interest = .read
            let wake = await waiter.wait(timeout: deadline - now)
            socket.interest = .none
            if wake != .ready { return wake }
        }
    }

    /// - Returns: was there one, and was there one that matters?
    private func takeEvents() -> (areAny: Bool, matter: Bool) {
        var found = (areAny: false, matter: false)
        while socket.isReadable {
            // read(2) writes at most the buffer's own length into it.
            let count = unsafe read(socket.descriptor, &buffer, Self.bufferSize)
            guard count > 0 else {
                socket.isReadable = false
                break
            }
            found.areAny = true
            if isAnyRelevant(count) { found.matter = true }
        }
        return found
    }

    /// struct inotify_event: wd, mask, cookie, len, each of 32 bits, and a name of `len` bytes, padded with zeros.
    private func isAnyRelevant(_ count: Int) -> Bool {
        var offset = 0
        var isAny = false
        while count - offset >= 16 {
            let name = offset + 16
            let end = min(name + Int(word(offset + 12)), count)
            if isRelevant(word(offset + 4), buffer[name..<end], in: directories[Int32(bitPattern: word(offset))]) { isAny = true }
            offset = end
        }
        return isAny
    }

    private func word(_ start: Int) -> UInt32 {
        UInt32(buffer[start]) | UInt32(buffer[start + 1]) << 8 | UInt32(buffer[start + 2]) << 16 | UInt32(buffer[start + 3]) << 24
    }

    /// Two names of one digest cost a comparison.
    private static func digest(_ name: some Sequence<UInt8>) -> Int {
        var hasher = Hasher()
        for byte in name { hasher.combine(byte) }
        return hasher.finalize()
    }

    private func isRelevant(_ events: UInt32, _ padded: ArraySlice<UInt8>, in directory: Directory?) -> Bool {
        // The queue was full, or the directory itself is gone.
        if events & UInt32(IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF) != 0 { return true }
        guard let directory else { return false }
        let bytes = padded.prefix { $0 != 0 }
        guard directory.isWhole || directory.digests.contains(Self.digest(bytes)) else { return false }
        let name = String(decoding: bytes, as: UTF8.self)
        let files = (directory.names[name] ?? []) + (directory.isWhole ? [directory.path] : [])
        guard !files.isEmpty else { return false }
        // A new file is empty, and its writer will close it; a link is complete.
        if events & UInt32(IN_CREATE) != 0, FileAccess.isSoleRegularFile("\(directory.path)/\(name)") { return false }
        changed.formUnion(files)
        return true
    }
}
