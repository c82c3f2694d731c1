import Glibc

/// What may be done with a file, before it is needed.
package enum FileAccess {
    /// Why the file cannot be read; nil if it can.
    package static func problem(reading path: String) -> SystemError? {
        unsafe access(path, R_OK) == 0 ? nil : SystemError("access")
    }

    /// Can the file, or directory, be read?
    package static func isReadable(_ path: String) -> Bool { problem(reading: path) == nil }

    /// Why lines cannot be appended to the file, or it cannot be made; nil if they can. Changes nothing.
    package static func problem(appendingTo path: String) -> SystemError? {
        var status = stat()
        // The calls read the path, which Swift ends with a zero byte, and fill the struct, during the call alone.
        if unsafe stat(path, &status) == 0 {
            if status.st_mode & S_IFMT == S_IFDIR { return SystemError("open", code: EISDIR) }
            return unsafe faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 ? nil : SystemError("open")
        }
        guard errno == ENOENT else { return SystemError("open") }
        let directory = directory(of: path)
        guard unsafe stat(directory, &status) == 0 else { return SystemError("open") }
        return unsafe faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) == 0 ? nil : SystemError("open")
    }

    /// What tells that a file is another than before: where it is, when it changed, and how long it is.
    package struct Stamp: Sendable, Equatable {
        private let device: UInt64
        private let inode: UInt64
        private let changed: Int
        private let changedNanoseconds: Int
        private let size: Int64

        /// - Throws: the system call that failed.
        package init(of path: String) throws(SystemError) {
            var status = stat()
            // The call reads the path, which Swift ends with a zero byte, and fills the struct, during the call alone.
            guard unsafe stat(path, &status) == 0 else { throw SystemError("stat") }
            (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
            (changed, changedNanoseconds) = (status.st_ctim.tv_sec, status.st_ctim.tv_nsec)
            size = Int64(status.st_size)
        }
    }

    /// The bytes of a small file.
    /// - Parameters:
    ///   - limit: what is longer is read little further; the result is longer then, too.
    ///   - waits: for what is written to a pipe: only who serves nobody may.
    /// - Throws: the system call that failed.
    package static func read(_ path: String, limit: Int, waits: Bool = false) throws(SystemError) -> [UInt8] {
        // The string lives through the call, with its zero byte.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | (waits ? 0 : O_NONBLOCK))
        guard descriptor >= 0 else { throw SystemError("open") }
        defer { close(descriptor) }
        return try read(from: descriptor, limit: limit)
    }

    /// What is still to be read of a descriptor, which stays the caller's; else as of a file.
    package static func read(from descriptor: Int32, limit: Int) throws(SystemError) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while content.count <= limit {
            // read(2) writes at most the chunk's own length into it.
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read") }
            if count == 0 { return content }
            content += chunk[..<count]
        }
        return content
    }

    /// Is it a regular file that has no other name? Links are not followed.
    package static func isSoleRegularFile(_ path: String) -> Bool {
        var status = stat()
        // The path is read and the struct filled during the call alone.
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_nlink == 1
    }

    /// Who may do what with a file, as chmod(1) counts it: the lower nine bits. Links are followed.
    /// - Returns: nil if there is no such file.
    package static func mode(of path: String) -> UInt32? {
        var status = stat()
        // The path is read and the struct filled during the call alone.
        return unsafe stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
    }

    /// Its mode, if everybody on this machine can read the file: by that and those of the directories that its path names.
    /// - Returns: nil if it is not so, or if there is no such file.
    package static func modeOpenToAll(_ path: String) -> UInt32? {
        guard let mode = mode(of: path), mode & 0o004 != 0 else { return nil }
        var folder = path[...]
        while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
            folder = folder[..<slash]
            if let mode = Self.mode(of: String(folder)), mode & 0o001 == 0 { return nil }
        }
        return mode
    }

    /// The user whose file or directory it is. Links are followed.
    /// - Returns: nil if there is no such file.
    package static func owner(of path: String) -> UInt32? {
        var status = stat()
        // The path is read and the struct filled during the call alone.
        return unsafe stat(path, &status) == 0 ? status.st_uid : nil
    }

    /// When a file's content was changed last, in nanoseconds since 1970; nil if there is none.
    package static func modified(_ path: String) -> UInt64? {
        var status = stat()
        // The path is read and the struct filled during the call alone.
        guard unsafe stat(path, &status) == 0 else { return nil }
        return UInt64(max(0, status.st_mtim.tv_sec)) &* 1_000_000_000 &+ UInt64(max(0, status.st_mtim.tv_nsec))
    }

    /// The directory that a file's path leads into.
    package static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
