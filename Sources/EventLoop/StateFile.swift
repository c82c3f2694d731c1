import Glibc

/// Files that outlive the process: whoever looks, also after a crash, finds the old one or the new one, whole.
package enum StateFile {
    /// Makes a directory for this user alone, and those above it, unless they are there.
    package static func makeDirectory(_ path: String) throws(SystemError) {
        // The path is read during the call alone.
        if unsafe mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, FileAccess.directory(of: path) != path else { throw SystemError("mkdir") }
        try makeDirectory(FileAccess.directory(of: path))
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemError("mkdir") }
    }

    /// Writes a file of mode 0600 under another name, flushes it to the disk, and renames it; its directory must be there.
    package static func write(_ bytes: [UInt8], to path: String) throws(SystemError) {
        let temporary = "\(path).new-\(getpid())"
        // The paths are read during the calls alone. What a process of this number has left is nobody's.
        _ = unsafe unlink(temporary)
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemError("open") }
        do throws(SystemError) {
            defer { close(descriptor) }
            try fill(descriptor, with: bytes)
            guard fsync(descriptor) == 0 else { throw SystemError("fsync") }
        } catch {
            _ = unsafe unlink(temporary)
            throw error
        }
        guard unsafe rename(temporary, path) == 0 else {
            let error = SystemError("rename")
            _ = unsafe unlink(temporary)
            throw error
        }
        flush(FileAccess.directory(of: path))
    }

    /// Without it a rename may be forgotten when the power fails. Where it cannot be done there is nothing more to do.
    private static func flush(_ directory: String) {
        // The path is read during the call alone.
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// Removes a file; nothing happens if it cannot be.
    package static func remove(_ path: String) {
        // The path is read during the call alone.
        _ = unsafe unlink(path)
    }

    private static func fill(_ descriptor: Int32, with bytes: [UInt8]) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let rest = bytes[written...]
            // write(2) reads at most what is lent to it.
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemError("write") }
            written += count
        }
    }
}
