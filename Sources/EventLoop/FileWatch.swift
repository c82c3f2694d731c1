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
        var names: [String: [String]] = [:]
        /// Does every name in it matter?
        var isWhole = false
    }

    /// The files that may have changed.
    private var changed: Set<String> = []

    /// By the kernel's number of the directory's watch.
    private var directories: [Int32: Directory] = [:]

    /// What happens to a directory's entries, without every single write: what is being written is not there yet.
    private static let events = UInt32(
        IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF)
    private static let onlyDirectories = UInt32(IN_ONLYDIR)

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
        func number(of directory: String) -> Int32 {
            if let number = known[directory] { return number }
            // The path is read during the call alone.
            let number = unsafe inotify_add_watch(socket.descriptor, directory, Self.events | Self.onlyDirectories)
            // What has gone meanwhile is the next look's affair.
            if number < 0, errno != ENOENT, errno != ENOTDIR, failure == nil { failure = SystemError("inotify_add_watch") }
            known[directory] = number
            return number
        }
        for (path, step) in (paths + whole).lazy.flatMap({ path in FilePathSteps.all(of: path).map { (path, $0) } }) {
            let number = number(of: step.directory)
            if number >= 0 { wanted[number, default: Directory(path: step.directory)].names[step.name, default: []].append(path) }
        }
        for path in whole {
            let number = number(of: path)
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
            if takeEvents() { return .ready }
            let now = waiter.loop.now
            guard now < deadline else { return .deadline }
            socket.interest = .read
            let wake = await waiter.wait(timeout: deadline - now)
            socket.interest = .none
            if wake != .ready { return wake }
        }
    }

    /// - Returns: was there one that matters?
    private func takeEvents() -> Bool {
        var isRelevant = false
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while socket.isReadable {
            // read(2) writes at most the buffer's own length into it.
            let count = unsafe read(socket.descriptor, &buffer, buffer.count)
            guard count > 0 else {
                socket.isReadable = false
                break
            }
            if isAnyRelevant(buffer[..<count]) { isRelevant = true }
        }
        return isRelevant
    }

    /// struct inotify_event: wd, mask, cookie, len, each of 32 bits, and a name of `len` bytes, padded with zeros.
    private func isAnyRelevant(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        var isAny = false
        while rest.count >= 16 {
            let words = (0..<4).map { word in
                (0..<4).reduce(UInt32(0)) { $0 | UInt32(rest[rest.startIndex + word * 4 + $1]) << UInt32($1 * 8) }
            }
            let length = min(Int(words[3]), rest.count - 16)
            let name = String(decoding: rest.dropFirst(16).prefix(length).prefix { $0 != 0 }, as: UTF8.self)
            if isRelevant(words[1], name, in: directories[Int32(bitPattern: words[0])]) { isAny = true }
            rest = rest.dropFirst(16 + length)
        }
        return isAny
    }

    private func isRelevant(_ events: UInt32, _ name: String, in directory: Directory?) -> Bool {
        // The queue was full, or the directory itself is gone.
        if events & UInt32(IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF) != 0 { return true }
        guard let directory else { return false }
        let files = (directory.names[name] ?? []) + (directory.isWhole ? [directory.path] : [])
        guard !files.isEmpty else { return false }
        // A new file is empty, and its writer will close it; a link is complete.
        if events & UInt32(IN_CREATE) != 0, FileAccess.isSoleRegularFile("\(directory.path)/\(name)") { return false }
        changed.formUnion(files)
        return true
    }
}
