import CLinux
import EventLoop
import Glibc

/// The root of a site's files, opened: whatever its path names later, lookups stay in the directory that was opened.
/// Immutable, so several threads may look up at once.
package final class Directory: Sendable {
    /// What stands at a path.
    enum Entry {
        case file(OpenFile)
        case directory
    }

    let number = UniqueNumber.next()
    private let root: Int32
    /// The threads that close its files; see `OpenFile`.
    private let closer: FileThreads?

    /// Opens the directory that the path names now. Errors: those of a file that cannot be opened.
    init(current path: String, closer: FileThreads? = nil) throws(StaticError) {
        // Safe: the bridged C string outlives the call, and nothing keeps it.
        let opened = unsafe gh_open_root(path)
        guard opened >= 0 else { throw Self.classified(-opened, at: "static_dir \(path): ") }
        root = opened
        self.closer = closer
    }

    /// Opens the directory and proves that this kernel confines lookups.
    /// Errors: `.unusable`, naming the path and the system's reason.
    package init(path: String) throws(StaticError) {
        // Safe: the bridged C string outlives the call, and nothing keeps it.
        let opened = unsafe gh_open_root(path)
        guard opened >= 0 else {
            throw .unusable(reason: "\(path): \(systemReason(-opened))")
        }
        let probe = gh_probe_open_beneath(opened)
        guard probe == 0 else {
            close(opened)
            throw .unusable(reason: "\(path): \(Self.reason(ofProbe: -probe))")
        }
        root = opened
        closer = nil
    }

    deinit {
        close(root)
    }

    /// Why nothing in an open directory can be opened.
    static func reason(ofProbe error: Int32) -> String {
        // A kernel or a sandbox that knows no openat2(2), or forbids it, says ENOSYS or EPERM.
        if error == EACCES { return "\(systemReason(error)): the user that serves it must be allowed to enter it (chmod +x)" }
        return "openat2(2) fails (\(systemReason(error))); "
            + "static files need Linux 5.6 or newer, and a sandbox that allows this call: "
            + "no DynamicUser= or RestrictSUIDSGID= of systemd"
    }

    /// Are both the same directory, whatever its path was called? An open directory keeps its number (stat(2)).
    func isSame(as other: Directory) -> Bool {
        var (own, others) = (stat(), stat())
        // Safe: fstat(2) fills the structures during the calls alone.
        guard unsafe fstat(root, &own) == 0, unsafe fstat(other.root, &others) == 0 else { return false }
        return own.st_dev == others.st_dev && own.st_ino == others.st_ino
    }

    /// Opens what stands at `path`: decoded bytes relative to the root, without a leading slash, at most 4095 of them.
    ///
    /// No `..`, absolute path or symbolic link leads out of the root (openat2(2), `RESOLVE_BENEATH`); a link that only takes a
    /// way outside, and ends inside, is followed. A segment that begins
    /// with a dot, `.well-known` (RFC 8615 §3) aside, is not found unless `hiddenAllowed`, which is for names that the
    /// operator wrote. Only regular files are opened for reading; a FIFO, socket or device is forbidden.
    /// Errors: every case but `.truncated` and `.unusable`.
    func open(_ path: Span<UInt8>, hiddenAllowed: Bool = false) throws(StaticError) -> Entry {
        var name: [UInt8] = []
        name.reserveCapacity(path.count + 1)
        for index in path.indices {
            guard path[index] != 0 else { throw .badPath(reason: "the path holds a NUL") }
            name.append(path[index])
        }
        guard !name.isEmpty else { return .directory }
        guard hiddenAllowed || !Self.hidesSegment(name) else {
            throw Self.hidden
        }
        name.append(0)
        let opened = openInside(name)
        guard opened >= 0 else { throw Self.classified(-opened) }
        return try OpenFile(adopting: opened, closer: closer).map { .file($0) } ?? .directory
    }

    /// Opens a directory to be read, confined as `open` is.
    /// - Parameter path: relative to the root, without a NUL; empty for the root itself.
    /// - Returns: a descriptor that the caller owns.
    func openDirectory(_ path: [UInt8]) throws(StaticError) -> Int32 {
        let opened = openInside((path.isEmpty ? [UInt8(ascii: ".")] : path) + [0], asDirectory: true)
        guard opened >= 0 else { throw Self.classified(-opened) }
        return opened
    }

    /// Opens what a NUL-terminated name ends at, if that is inside the root, wherever its links take their way.
    private func openInside(_ name: [UInt8], asDirectory: Bool = false) -> Int32 {
        let opened = openBeneath(name, asDirectory: asDirectory)
        guard opened == -EXDEV, let end = LinkTarget.find(name, from: root) else { return opened }
        return openBeneath(end, asDirectory: asDirectory)
    }

    /// Calls openat2(2) with a NUL-terminated name; returns a descriptor that the caller owns, or the negative error number.
    private func openBeneath(_ name: [UInt8], asDirectory: Bool) -> Int32 {
        // A rename anywhere in the system while a symbolic link's `..` is resolved gives EAGAIN: openat2(2) says to try
        // again, and an attacker who renames without end must not hold us.
        var attempts = 8
        while true {
            let result = unsafe name.withUnsafeBytes { bytes in
                // Safe: `name` ends with NUL and outlives the call; the kernel only reads it.
                guard let start = bytes.baseAddress else { return -EINVAL }
                let path = unsafe start.assumingMemoryBound(to: CChar.self)
                return unsafe asDirectory ? gh_open_directory_beneath(root, path) : gh_open_beneath(root, path)
            }
            if result >= 0 { return result }
            attempts -= 1
            guard attempts > 0, result == -EAGAIN || result == -EINTR else { return result }
        }
    }

    /// The answer for a path whose segments `hidesSegment`.
    static let hidden = StaticError.notFound(reason: "a segment of the path begins with a dot")

    static func hidesSegment(_ path: [UInt8]) -> Bool {
        path.split(separator: UInt8(ascii: "/")).contains { segment in
            segment.first == UInt8(ascii: ".") && !segment.elementsEqual(".well-known".utf8)
        }
    }

    /// - Parameter place: what the reason is said of, if not of the path that was asked for.
    static func classified(_ error: Int32, at place: String = "") -> StaticError {
        let reason = place + systemReason(error)
        return switch error {
        case ENOENT, ENOTDIR, ENAMETOOLONG: .notFound(reason: reason)
        case EACCES, EPERM: .forbidden(reason: reason)
        case EXDEV: .forbidden(reason: "the path or a symbolic link in it leaves the directory, or ends nowhere on a way outside")
        case ELOOP: .forbidden(reason: reason)
        case ENXIO, ENODEV: .forbidden(reason: "not a regular file")
        case EMFILE, ENFILE: .tooManyFiles(reason: reason)
        default: .other(reason: reason)
        }
    }
}
