import Glibc

/// Files that outlive the process: whoever looks, also after a crash, finds the old one or the new one, whole.
package enum StateFile {
    /// Makes a directory, and those above it, unless they are there.
    /// - Parameter isPublic: others may read it: mode 0755, else 0700.
    package static func makeDirectory(_ path: String, isPublic: Bool = false) throws(SystemError) {
        let mode: mode_t = isPublic ? 0o755 : 0o700
        // The path is read during the call alone.
        if unsafe mkdir(path, mode) == 0 { return giveDirectory(path) }
        if errno == EEXIST { return }
        guard errno == ENOENT, FileAccess.directory(of: path) != path else { throw SystemError("mkdir") }
        try makeDirectory(FileAccess.directory(of: path), isPublic: isPublic)
        if unsafe mkdir(path, mode) == 0 { return giveDirectory(path) }
        guard errno == EEXIST else { throw SystemError("mkdir") }
    }

    private static func giveDirectory(_ path: String) {
        // The path is read during the call alone.
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        giveToOwner(descriptor, of: FileAccess.directory(of: path))
        close(descriptor)
    }

    /// Gives what root has made to the user whose the directory is that it is in: a gateway that runs as that user could not read
    /// it. It stays root's where the system does not allow that, and where it has another name, perhaps elsewhere.
    /// - Parameters:
    ///   - descriptor: of a file or a directory.
    ///   - directory: in which it is.
    package static func giveToOwner(_ descriptor: Int32, of directory: String) {
        guard geteuid() == 0 else { return }
        var (owner, made) = (stat(), stat())
        // The calls fill the structs, and read the path, during the calls alone.
        guard unsafe stat(directory, &owner) == 0, owner.st_uid != 0, unsafe fstat(descriptor, &made) == 0, made.st_uid == 0,
            made.st_mode & S_IFMT == S_IFDIR || made.st_nlink == 1
        else { return }
        _ = fchown(descriptor, owner.st_uid, owner.st_gid)
    }

    /// Writes a file under another name, flushes it to the disk, and renames it; its directory must be there.
    /// - Parameters:
    ///   - isPublic: others may read it, whatever the umask: mode 0644, else 0600.
    ///   - isFlushed: false where a file that is lost, or not whole, when the power fails is none the worse.
    package static func write(
        _ bytes: [UInt8], to path: String, isPublic: Bool = false, isFlushed: Bool = true
    ) throws(SystemError) {
        let temporary = try writeBeside(path, bytes, isPublic: isPublic, isFlushed: isFlushed)
        guard unsafe rename(temporary, path) == 0 else {
            let error = SystemError("rename")
            _ = unsafe unlink(temporary)
            throw error
        }
        if isFlushed { flush(FileAccess.directory(of: path)) }
    }

    /// Writes a file that is not there; of several that do so one succeeds.
    /// - Parameter isPublic: see `write`.
    /// - Returns: false if there is one.
    package static func create(_ bytes: [UInt8], at path: String, isPublic: Bool = false) throws(SystemError) -> Bool {
        let temporary = try writeBeside(path, bytes, isPublic: isPublic)
        // The paths are read during the calls alone. link(2) replaces nothing.
        let isNew = unsafe link(temporary, path) == 0
        let error = SystemError("link")
        _ = unsafe unlink(temporary)
        guard isNew || error.code == EEXIST else { throw error }
        flush(FileAccess.directory(of: path))
        return isNew
    }

    /// Stands in the names of files that are being written.
    package static let unfinished = ".new-"

    /// - Returns: the name of a file beside it that has these bytes, on the disk.
    private static func writeBeside(
        _ path: String, _ bytes: [UInt8], isPublic: Bool, isFlushed: Bool = true
    ) throws(SystemError) -> String {
        let temporary = "\(path)\(unfinished)\(getpid())"
        // The paths are read during the calls alone. What a process of this number has left is nobody's.
        _ = unsafe unlink(temporary)
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemError("open") }
        do throws(SystemError) {
            defer { close(descriptor) }
            giveToOwner(descriptor, of: FileAccess.directory(of: path))
            try fill(descriptor, with: bytes)
            if isPublic, fchmod(descriptor, 0o644) != 0 { throw SystemError("fchmod") }
            guard !isFlushed || fsync(descriptor) == 0 else { throw SystemError("fsync") }
        } catch {
            _ = unsafe unlink(temporary)
            throw error
        }
        return temporary
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
