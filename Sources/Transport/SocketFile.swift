import CLinux
package import EventLoop
import Glibc

/// The file of a Unix socket that this process listens at: for its own user alone, taken over from a process that is gone, and
/// removed at the end.
package struct SocketFile: Sendable {
    package let path: String
    /// Which file it is, whatever has its name later.
    private let device: UInt
    private let number: UInt

    /// The longest path of a Unix socket, in bytes (unix(7): 108 with the zero at its end).
    package static let maxPathBytes = 107

    /// Listens at a path, with mode 0600. A file that is there already is replaced if it is a socket at which nobody listens any
    /// more: a process that was killed leaves one behind.
    /// - Parameter replacing: also one at which somebody listens; who has connected there stays connected.
    /// - Throws: `EADDRINUSE` if somebody listens there, or the file is no socket.
    package static func listen(
        at path: String, on loop: EventLoop, replacing: Bool = false
    ) throws(SystemError) -> (Listener, SocketFile) {
        guard path.utf8.count <= maxPathBytes else { throw SystemError("bind", code: ENAMETOOLONG) }
        // Two that begin at the same time must not remove each other's: whoever looks, removes and binds does it alone.
        let lock = try DirectoryLock(FileAccess.directory(of: path))
        defer { lock.release() }
        let listener: Listener
        do throws(SystemError) {
            listener = try open(path, loop)
        } catch {
            guard error.code == EADDRINUSE, isAbandoned(path) || replacing && isSocket(path) else { throw error }
            // The path is read during the call alone.
            guard unsafe unlink(path) == 0 else { throw SystemError("unlink") }
            listener = try open(path, loop)
        }
        guard let status = status(of: path) else {
            listener.close()
            throw SystemError("lstat")
        }
        return (listener, SocketFile(path: path, device: UInt(status.st_dev), number: UInt(status.st_ino)))
    }

    /// Removes the file, if it still is the one that was made here. To be called while its listener is open: after that the next
    /// file may have its number.
    package func remove() {
        let lock = try? DirectoryLock(FileAccess.directory(of: path))
        defer { lock?.release() }
        guard let status = Self.status(of: path), UInt(status.st_dev) == device, UInt(status.st_ino) == number else { return }
        // The path is read during the call alone.
        _ = unsafe unlink(path)
    }

    /// Gives the socket another name besides, which stays when somebody else takes this one.
    /// - Returns: nil if it cannot be had.
    package func linked(at other: String) -> SocketFile? {
        guard other.utf8.count <= Self.maxPathBytes else { return nil }
        // The paths are read during the call alone.
        guard unsafe link(path, other) == 0 else { return nil }
        return SocketFile(path: other, device: device, number: number)
    }

    /// Does nobody listen at this socket any more? False for what is no socket.
    package static func isAbandoned(_ path: String) -> Bool {
        guard isSocket(path) else { return false }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var (storage, length) = SocketAddress(family: .unix, bytes: Array(path.utf8), port: 0).storage
        // The address is read during the call alone.
        let result = unsafe withUnsafePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(descriptor, $0, length) }
        }
        return result != 0 && errno == ECONNREFUSED
    }

    /// Removes the file of a socket at which nobody listens any more.
    package static func removeAbandoned(_ path: String) {
        guard let lock = try? DirectoryLock(FileAccess.directory(of: path)) else { return }
        defer { lock.release() }
        // The path is read during the call alone.
        if isAbandoned(path) { _ = unsafe unlink(path) }
    }

    /// Makes a directory for this user's sockets, unless it is there.
    /// - Throws: `EPERM` if it is one in which others could put something in a socket's place, or no directory: what is below a
    ///   directory that everybody may write to can be anybody's.
    package static func makeDirectory(_ path: String) throws(SystemError) {
        // The path is read during the calls alone, which fill the struct.
        if unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir") }
        guard let status = status(of: path) else { throw SystemError("lstat") }
        let isOwn = status.st_uid == geteuid() || status.st_uid == 0
        guard status.st_mode & S_IFMT == S_IFDIR, isOwn, status.st_mode & 0o022 == 0 else {
            throw SystemError("mkdir", code: EPERM)
        }
    }

    private static func isSocket(_ path: String) -> Bool {
        status(of: path).map { $0.st_mode & S_IFMT == S_IFSOCK } ?? false
    }

    private static func open(_ path: String, _ loop: EventLoop) throws(SystemError) -> Listener {
        let address = SocketAddress(family: .unix, bytes: Array(path.utf8), port: 0)
        return try Listener(address, on: loop, backlog: 64, mode: 0o600)
    }

    private static func status(of path: String) -> stat? {
        var status = stat()
        // The path is read and the struct filled during the call alone.
        return unsafe lstat(path, &status) == 0 ? status : nil
    }
}

/// Keeps others who do the same from changing what is in a directory: an flock(2) on the directory itself, so that no file is
/// left behind.
private struct DirectoryLock {
    private let descriptor: Int32

    /// Waits for at most a second: nobody holds it for longer than some system calls.
    init(_ path: String) throws(SystemError) {
        // The path is read during the call alone.
        descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open") }
        var attempts = 100
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            attempts -= 1
            guard errno == EWOULDBLOCK || errno == EINTR, attempts > 0 else {
                let error = SystemError("flock")
                close(descriptor)
                throw error
            }
            usleep(10_000)
        }
    }

    func release() { close(descriptor) }
}
