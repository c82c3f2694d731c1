import CLinux
import Glibc

/// The root of a site's files, opened once: whatever its path names later, lookups stay in the directory that was opened.
/// Immutable, so several threads may look up at once.
package final class Directory: Sendable {
    /// What stands at a path.
    package enum Entry {
        case file(OpenFile)
        case directory
    }

    private let root: Int32

    /// Opens the directory and proves that this kernel confines lookups.
    /// Errors: `.unusable`, naming the path and the system's reason.
    package init(path: String) throws(StaticError) {
        // Safe: the bridged C string outlives the call, and nothing keeps it.
        let opened = unsafe clinux_open_root(path)
        guard opened >= 0 else {
            throw .unusable(reason: "\(path): \(errorWords(-opened))")
        }
        let probe = clinux_probe_open_beneath(opened)
        guard probe == 0 else {
            close(opened)
            throw .unusable(
                reason: "\(path): openat2(2) fails (\(errorWords(-probe))); "
                    + "static files need Linux 5.6 or newer, and a sandbox that allows this call")
        }
        root = opened
    }

    deinit {
        close(root)
    }

    /// Opens what stands at `path`: decoded bytes relative to the root, without a leading slash, at most 4095 of them.
    ///
    /// No `..`, absolute path or symbolic link leads out of the root (openat2(2), `RESOLVE_BENEATH`). A segment that begins
    /// with a dot, `.well-known` (RFC 8615 §3) aside, is not found unless `hiddenAllowed`, which is for names that the
    /// operator wrote. Only regular files are opened for reading; a FIFO, socket or device is forbidden.
    /// Errors: every case but `.truncated` and `.unusable`.
    package func open(_ path: Span<UInt8>, hiddenAllowed: Bool = false) throws(StaticError) -> Entry {
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
        let file = OpenFile(adopting: try openBeneath(name))
        return try file.inspect()
    }

    /// Calls openat2(2) with a NUL-terminated name; returns a descriptor that the caller owns.
    private func openBeneath(_ name: [UInt8]) throws(StaticError) -> Int32 {
        // A rename anywhere in the system while a symbolic link's `..` is resolved gives EAGAIN: openat2(2) says to try
        // again, and an attacker who renames without end must not hold us.
        var attempts = 8
        while true {
            let result = unsafe name.withUnsafeBytes { bytes in
                // Safe: `name` ends with NUL and outlives the call; the kernel only reads it.
                guard let start = bytes.baseAddress else { return -EINVAL }
                return unsafe clinux_open_beneath(root, start.assumingMemoryBound(to: CChar.self))
            }
            if result >= 0 { return result }
            attempts -= 1
            guard attempts > 0, result == -EAGAIN || result == -EINTR else { throw Self.classified(-result) }
        }
    }

    /// The answer for a path whose segments `hidesSegment`.
    static let hidden = StaticError.notFound(reason: "a segment of the path begins with a dot")

    static func hidesSegment(_ path: [UInt8]) -> Bool {
        path.split(separator: UInt8(ascii: "/")).contains { segment in
            segment.first == UInt8(ascii: ".") && !segment.elementsEqual(".well-known".utf8)
        }
    }

    static func classified(_ error: Int32) -> StaticError {
        let words = errorWords(error)
        return switch error {
        case ENOENT, ENOTDIR, ENAMETOOLONG: .notFound(reason: words)
        case EACCES, EPERM: .forbidden(reason: words)
        case EXDEV: .forbidden(reason: "the path or a symbolic link in it leaves the directory")
        case ELOOP: .forbidden(reason: words)
        case ENXIO, ENODEV: .forbidden(reason: "not a regular file")
        case EMFILE, ENFILE: .tooManyFiles(reason: words)
        default: .other(reason: words)
        }
    }
}

/// A regular file open for reading, and what was true of it when it was opened. Closed when the last holder lets go.
package final class OpenFile {
    /// Bytes when opened.
    package private(set) var size: UInt64 = 0
    /// Modification time: seconds since 1970 and nanoseconds of that second.
    package private(set) var modified: (seconds: Int64, nanoseconds: Int64) = (0, 0)
    package private(set) var inode: UInt64 = 0
    /// Borrowed, for sendfile(2): valid while this object lives.
    package let descriptor: Int32

    fileprivate init(adopting descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Reads at most `limit` bytes at `offset` into the free part of `output`. Returns how many; 0 is the end of the file.
    /// Errors: `.other` with the system's words.
    func read(into output: inout OutputSpan<UInt8>, at offset: UInt64, limit: Int) throws(StaticError) -> Int {
        let descriptor = descriptor
        let result = unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
            // Safe: the kernel writes only [initialized, initialized + count), which lies in the buffer, and the count
            // of initialized bytes grows by exactly what it wrote.
            let count = min(limit, buffer.count - initialized)
            guard count > 0, let start = buffer.baseAddress else { return 0 }
            while true {
                let got = unsafe pread(descriptor, start + initialized, count, Int(clamping: offset))
                if got >= 0 {
                    initialized += got
                    return got
                }
                if errno != EINTR { return -Int(errno) }
            }
        }
        guard result >= 0 else { throw .other(reason: "read: \(errorWords(Int32(-result)))") }
        return result
    }

    /// Learns what was opened: by the descriptor, so that no later rename can swap it.
    fileprivate func inspect() throws(StaticError) -> Directory.Entry {
        var facts = stat()
        // Safe: `facts` is exclusively ours during the call and has the size that fstat(2) fills.
        guard unsafe fstat(descriptor, &facts) == 0 else { throw .other(reason: "fstat: \(errorWords(errno))") }
        switch facts.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: return .directory
        default: throw .forbidden(reason: "not a regular file")
        }
        size = UInt64(clamping: facts.st_size)
        modified = (Int64(facts.st_mtim.tv_sec), Int64(facts.st_mtim.tv_nsec))
        inode = UInt64(facts.st_ino)
        return .file(self)
    }
}

private func errorWords(_ error: Int32) -> String {
    // Safe: the shim returns a constant NUL-terminated string.
    unsafe String(cString: clinux_error_words(error))
}
