import Glibc

/// The files of a directory that holds nothing else of worth.
package enum DirectoryFiles {
    /// One of them.
    package struct File: Sendable {
        package let name: String
        /// Bytes.
        package let size: Int
        /// When its content was changed last, in nanoseconds since 1970.
        package let modified: UInt64
    }

    /// The regular files in a directory, links aside.
    /// - Throws: the system call that failed.
    package static func list(_ directory: String) throws(SystemError) -> [File] {
        // Opened, read and closed here; an entry is copied before the next one is asked for.
        guard let stream = unsafe opendir(directory) else { throw SystemError("opendir") }
        defer { unsafe closedir(stream) }
        var files: [File] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { start in
                unsafe start.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            var facts = stat()
            // The name is read and the struct filled during the call alone.
            guard unsafe fstatat(dirfd(stream), name, &facts, AT_SYMLINK_NOFOLLOW) == 0, facts.st_mode & S_IFMT == S_IFREG
            else { continue }
            let modified = UInt64(max(0, facts.st_mtim.tv_sec)) &* 1_000_000_000 &+ UInt64(max(0, facts.st_mtim.tv_nsec))
            files.append(File(name: name, size: Int(facts.st_size), modified: modified))
        }
        return files
    }

    /// Gives a file another name, in place of another file; nothing happens if that cannot be.
    package static func rename(_ path: String, to other: String) {
        // The paths are read during the call alone.
        _ = unsafe Glibc.rename(path, other)
    }
}
