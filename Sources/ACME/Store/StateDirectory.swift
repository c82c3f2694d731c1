import Glibc

/// State as files below one directory. Files have mode 0600, folders 0700.
///
/// A file is written under another name, flushed to the disk, and renamed: whoever looks, also after a crash, finds the old one
/// or the new one, whole.
package struct StateDirectory: StateStore {
    /// Without a slash at its end.
    private let root: String
    /// May others read what is written here?
    private let isPublic: Bool

    /// A state file is a few KiB; what is larger is none.
    private static let maxFileBytes = 1024 * 1024

    /// - Parameter isPublic: whether others may read it: files have mode 0644, and folders 0755.
    package init(_ path: String, isPublic: Bool = false) {
        self.isPublic = isPublic
        root = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// Why files cannot be written there, or in the nearest folder above it that is there; nil if they can.
    package static func problem(writing path: String) -> String? {
        var folder = path.isEmpty ? "." : path
        // The calls use the texts alone.
        while unsafe access(folder, F_OK) != 0, errno == ENOENT, folder != "/", folder != "." {
            guard let slash = folder.lastIndex(of: "/") else {
                folder = "."
                break
            }
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
        }
        return unsafe access(folder, W_OK | X_OK) == 0 ? nil : "\(folder): \(words(errno))"
    }

    /// Is there a file or a folder of that path?
    package static func exists(_ path: String) -> Bool {
        // The call uses the text alone.
        unsafe access(path, F_OK) == 0
    }

    /// Why a program cannot be run; nil if it can, as far as can be seen.
    package static func problem(running path: String) -> String? {
        guard path.hasPrefix("/") else { return "no whole path" }
        // The call uses the text alone.
        return unsafe access(path, X_OK) == 0 ? nil : words(errno)
    }

    /// The whole path of a file in it, whether it is there or not.
    package func location(of path: String) -> String { "\(root)/\(path)" }

    /// Reads a file of up to 1 MiB; it follows no link.
    /// - Returns: nil if there is none.
    package func read(_ path: String) throws(ACMEError) -> [UInt8]? {
        // The call uses the text alone.
        let descriptor = unsafe open(location(of: path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            // At most as much as there is room for.
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { return bytes }
            bytes += piece.prefix(count)
            guard bytes.count <= Self.maxFileBytes else { throw .storage("\(location(of: path)) is too large for a state file") }
        }
    }

    /// Replaces a file whole, or not at all, and makes its folders; it is on the disk when this returns.
    /// - Throws: `.storage`, with the system's words.
    package func write(_ bytes: [UInt8], to path: String) throws(ACMEError) {
        let (temporary, folder) = try writeBeside(path, bytes)
        guard unsafe rename(temporary, location(of: path)) == 0 else {
            let error = failure("write", path)
            _ = unsafe unlink(temporary)
            throw error
        }
        flushFolder(folder)
    }

    func create(_ bytes: [UInt8], at path: String) throws(ACMEError) -> Bool {
        let (temporary, folder) = try writeBeside(path, bytes)
        // The calls use the texts alone. link(2) replaces nothing.
        let isNew = unsafe link(temporary, location(of: path)) == 0
        let isThere = !isNew && errno == EEXIST
        let error = failure("write", path)
        _ = unsafe unlink(temporary)
        guard isNew || isThere else { throw error }
        flushFolder(folder)
        return isNew
    }

    /// - Returns: a file beside it with these bytes, on the disk, and their folder.
    private func writeBeside(_ path: String, _ bytes: [UInt8]) throws(ACMEError) -> (file: String, folder: String) {
        let folder = try makeFolder(of: path)
        let target = location(of: path)
        let temporary = "\(target).new-\(getpid())"
        // The calls use the texts alone. What a process of this number left behind is nobody's.
        _ = unsafe unlink(temporary)
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("write", path) }
        do throws(ACMEError) {
            defer { close(descriptor) }
            try fill(descriptor, with: bytes, path)
            // Whatever the umask: another server's user is to read it.
            if isPublic, fchmod(descriptor, 0o644) != 0 { throw failure("write", path) }
            guard fsync(descriptor) == 0 else { throw failure("write", path) }
        } catch {
            _ = unsafe unlink(temporary)
            throw error
        }
        return (temporary, folder)
    }

    /// Removes a file; one that is not there need not be removed.
    /// - Throws: `.storage`, with the system's words.
    package func remove(_ path: String) throws(ACMEError) {
        // The call uses the text alone.
        guard unsafe unlink(location(of: path)) == 0 || errno == ENOENT else { throw failure("remove", path) }
    }

    func setAside(_ path: String) throws(ACMEError) -> String {
        var time = timespec()
        // It is filled in, and used no longer than the call.
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        let name = "\(path).aside-\(time.tv_sec)"
        // The call uses the texts alone.
        guard unsafe rename(location(of: path), location(of: name)) == 0 else { throw failure("set aside", path) }
        return location(of: name)
    }

    /// The names in a folder, sorted, without those that begin with a dot; none if there is no such folder.
    package func list(_ folder: String) -> [String] {
        // The folder is opened, read and closed here; an entry is copied before the next one is asked for.
        guard let directory = unsafe opendir(location(of: folder)) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { start in
                unsafe start.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// Takes the lock of the directory, which ends with the process.
    /// - Returns: its descriptor, which is the caller's; nil if another process has it.
    func lock(_ path: String) throws(ACMEError) -> Int32? {
        _ = try makeFolder(of: path)
        // The call uses the text alone.
        let descriptor = unsafe open(location(of: path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("write", path) }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
        let isTaken = errno == EWOULDBLOCK
        let error = failure("lock", path)
        close(descriptor)
        if isTaken { return nil }
        throw error
    }

    // MARK: -

    private func makeFolder(of path: String) throws(ACMEError) -> String {
        let parts = location(of: path).split(separator: "/", omittingEmptySubsequences: false).dropLast()
        var folder = ""
        for (index, part) in parts.enumerated() {
            folder += index == 0 ? String(part) : "/" + part
            if folder.isEmpty { continue }
            // The call uses the text alone.
            guard unsafe mkdir(folder, isPublic ? 0o755 : 0o700) == 0 || errno == EEXIST || errno == EISDIR else {
                throw .storage("cannot make \(folder): \(Self.words(errno))")
            }
        }
        return folder
    }

    private func fill(_ descriptor: Int32, with bytes: [UInt8], _ path: String) throws(ACMEError) {
        var next = 0
        while next < bytes.count {
            // The bytes are read during the call alone.
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.write(descriptor, bytes.baseAddress.map { unsafe $0 + next }, bytes.count - next)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            next += count
        }
    }

    /// Without it a rename may be forgotten when the power fails. Where it cannot be done there is nothing more to do.
    private func flushFolder(_ folder: String) {
        // The call uses the text alone.
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private func failure(_ verb: String, _ path: String) -> ACMEError {
        .storage("cannot \(verb) \(location(of: path)): \(Self.words(errno))")
    }

    private static func words(_ code: Int32) -> String {
        // The text is copied before anybody else asks.
        unsafe String(cString: strerror(code))
    }
}
