import CLinux
import EventLoop
import Glibc

/// State as files below one directory, each a `StateFile`. Files have mode 0600, folders 0700; what root makes is the user's
/// whose the directory is.
package struct StateDirectory: StateStore {
    /// The directory's path without a slash at its end.
    private let root: String
    /// May others read what is written here?
    private let isPublic: Bool
    /// Is told what changes; nil: nobody is.
    private let changes: ChangedFiles?

    /// A state file is a few KiB; what is larger is none.
    private static let maxFileBytes = 1024 * 1024

    /// - Parameter isPublic: whether others may read it: files have mode 0644, and folders 0755.
    package init(_ path: String, isPublic: Bool = false) { self.init(path, isPublic: isPublic, changes: nil) }

    /// - Parameter changes: is told of each file that is written or removed.
    init(_ path: String, isPublic: Bool = false, changes: ChangedFiles?) {
        self.isPublic = isPublic
        self.changes = changes
        root = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// Why files cannot be written there, or in the nearest folder above it that is there; nil if they can.
    package static func problem(writing path: String) -> String? {
        let folder = nearest(to: path)
        // The call uses the text alone.
        return unsafe access(folder, W_OK | X_OK) == 0 ? nil : "\(folder): \(reason(errno))"
    }

    /// The file system that it is on, if that is in memory alone; nil if not, as far as can be seen.
    package static func volatileFileSystem(of path: String) -> String? {
        // The word is constant, and the path is used during the call alone.
        unsafe gh_volatile_file_system(nearest(to: path)).map { unsafe String(cString: $0) }
    }

    /// The folder, or the nearest one above it that is there.
    private static func nearest(to path: String) -> String {
        var folder = path.isEmpty ? "." : path
        // The call uses the text alone.
        while unsafe access(folder, F_OK) != 0, errno == ENOENT, folder != "/", folder != "." {
            guard let slash = folder.lastIndex(of: "/") else {
                folder = "."
                break
            }
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
        }
        return folder
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
        return unsafe access(path, X_OK) == 0 ? nil : reason(errno)
    }

    /// The whole path of a file in it, whether it is there or not.
    package func location(of path: String) -> String { "\(root)/\(path)" }

    /// Reads a file of up to 1 MiB; it follows no link.
    /// - Returns: nil if there is none.
    package func read(_ path: String) throws(ACMEError) -> [UInt8]? { try read(path, O_NOFOLLOW) }

    /// What is in a file of up to 1 MiB, also behind links.
    /// - Returns: nil if it cannot be read.
    package static func contents(of path: String) -> [UInt8]? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        return try? StateDirectory(String(path[..<slash])).read(String(path[path.index(after: slash)...]), 0)
    }

    private func read(_ path: String, _ links: Int32) throws(ACMEError) -> [UInt8]? {
        // The call uses the text alone.
        let descriptor = unsafe open(location(of: path), O_RDONLY | O_CLOEXEC | links | O_NONBLOCK)
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            // At most as much as there is room for.
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path) }
            if count == 0 { return bytes }
            bytes += piece.prefix(count)
            guard bytes.count <= Self.maxFileBytes else { throw .damaged("\(location(of: path)) is too large for a state file") }
        }
    }

    /// Replaces a file whole, or not at all, and makes its folders; it is on the disk when this returns.
    /// - Throws: `.storage`, with the system's words.
    package func write(_ bytes: [UInt8], to path: String) throws(ACMEError) {
        try makeFolder(of: path)
        do throws(SystemError) { try StateFile.write(bytes, to: location(of: path), isPublic: isPublic) } catch {
            throw .storage("cannot write \(location(of: path)): \(error.reason)")
        }
        changes?.note(path)
    }

    func create(_ bytes: [UInt8], at path: String) throws(ACMEError) -> Bool {
        try makeFolder(of: path)
        defer { changes?.note(path) }
        do throws(SystemError) { return try StateFile.create(bytes, at: location(of: path), isPublic: isPublic) } catch {
            throw .storage("cannot write \(location(of: path)): \(error.reason)")
        }
    }

    /// Removes a file; one that is not there need not be removed.
    /// - Throws: `.storage`, with the system's words.
    package func remove(_ path: String) throws(ACMEError) {
        // The call uses the text alone.
        guard unsafe unlink(location(of: path)) == 0 || errno == ENOENT else { throw failure("remove", path) }
        changes?.note(path)
    }

    func setAside(_ path: String) throws(ACMEError) -> String {
        var time = timespec()
        // It is filled in, and used no longer than the call.
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        let first = "\(path).aside-\(time.tv_sec)"
        var (name, count) = (first, 1)
        // The call uses the text alone. A link that leads nowhere is there, too.
        while unsafe faccessat(AT_FDCWD, location(of: name), F_OK, AT_SYMLINK_NOFOLLOW) == 0, count < 1000 {
            (name, count) = ("\(first)-\(count)", count + 1)
        }
        // The call uses the texts alone.
        guard unsafe rename(location(of: path), location(of: name)) == 0 else { throw failure("set aside", path) }
        // Others keep theirs: what cannot be read here is not gone there.
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
    package func lock(_ path: String) throws(ACMEError) -> Int32? {
        try makeFolder(of: path)
        // The call uses the text alone.
        let descriptor = unsafe open(location(of: path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("write", path) }
        StateFile.giveToOwner(descriptor, of: FileAccess.directory(of: location(of: path)))
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
        let isTaken = errno == EWOULDBLOCK
        let error = failure("lock", path)
        close(descriptor)
        if isTaken { return nil }
        throw error
    }

    // MARK: -

    private func makeFolder(of path: String) throws(ACMEError) {
        let folder = FileAccess.directory(of: location(of: path))
        do throws(SystemError) { try StateFile.makeDirectory(folder, isPublic: isPublic) } catch {
            throw .storage("cannot make \(folder): \(error.reason)")
        }
    }

    /// A directory, a link or a socket is in the file's place; or the system does not let it be read.
    private func unreadable(_ path: String) -> ACMEError {
        let code = errno
        guard code == EISDIR || code == ELOOP || code == ENXIO else { return failure("read", path) }
        return .damaged("\(location(of: path)) is no file: \(Self.reason(code))")
    }

    private func failure(_ verb: String, _ path: String) -> ACMEError {
        .storage("cannot \(verb) \(location(of: path)): \(Self.reason(errno))")
    }

    private static func reason(_ code: Int32) -> String {
        // The text is copied before anybody else asks.
        unsafe String(cString: strerror(code))
    }
}
