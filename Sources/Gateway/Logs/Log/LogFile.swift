import Configuration
import EventLoop
import Glibc
import Transport

/// A log cannot be opened.
package struct LogOpenError: Error, CustomStringConvertible {
    /// The configuration key that names it.
    let key: String
    let path: String
    let cause: SystemError

    package var description: String { "\(key): cannot open \(path): \(cause.reason)" }
}

/// Where a log's lines go: a descriptor, which the log's thread owns, since writing may block.
struct LogFile: Sendable {
    private var descriptor: Int32
    /// Nil for standard output and standard error, which are not ours to close.
    private let path: String?
    private let rotation: LogRotation
    /// A line was written in part: the rest of it is lost.
    private var isTorn = false
    /// The time of a line that was the first of those that were written at once, and the newest such time. Nil: none was written
    /// to this file.
    private var latest: UInt64?

    /// - Parameter key: the configuration key of the log, for errors.
    /// - Throws: when a file cannot be opened for appending.
    init(_ destination: Logging.Destination, _ rotation: LogRotation, key: String) throws(LogOpenError) {
        self.rotation = rotation
        switch destination {
        case .none, .syslog, .journald, .collector: (descriptor, path) = (-1, nil)
        case .stdout: (descriptor, path) = (STDOUT_FILENO, nil)
        case .stderr: (descriptor, path) = (STDERR_FILENO, nil)
        case .file(let path):
            do throws(SystemError) {
                (descriptor, self.path) = (try Self.open(path), path)
            } catch {
                throw LogOpenError(key: key, path: path, cause: error)
            }
        }
    }

    /// Once, when nothing more is to be written.
    func close() {
        if path != nil { Glibc.close(descriptor) }
    }

    /// Opens the path again, which may be another file by now. If it cannot be opened, lines go on to the old one.
    /// - Throws: why not.
    mutating func reopen() throws(SystemError) {
        guard let path else { return }
        let opened = try Self.open(path)
        close()
        descriptor = opened
        isTorn = false
        latest = nil
    }

    /// Writes whole lines; blocks as long as the destination takes none. Puts the file aside before, if it is time.
    /// - Throws: how many are lost, and why.
    mutating func write(_ batch: LogBatch) throws(LogOutput.Loss) {
        // A file that cannot be put aside grows on: lines are worth more than its size.
        try? rotate(before: batch)
        if let time = batch.marks.first?.time { latest = max(latest ?? 0, time) }
        let lines = batch.bytes
        var offset = 0
        do throws(SystemError) {
            if isTorn { try write([0x0A], &offset) }
            isTorn = false
            offset = 0
            while offset < lines.count { try write(lines, &offset) }
        } catch {
            if offset > 0 { isTorn = lines[offset - 1] != 0x0A }
            let written = batch.marks.count { $0.end <= offset }
            throw LogOutput.Loss(lines: batch.lineCount - written, error: .system(error))
        }
    }

    private mutating func rotate(before batch: LogBatch) throws(SystemError) {
        guard let path, rotation.size != nil || rotation.period != nil, let time = batch.marks.first?.time else { return }
        var (held, named) = (stat(), stat())
        // The calls fill the structs, and read the path, during the call alone.
        guard unsafe fstat(descriptor, &held) == 0, held.st_mode & S_IFMT == S_IFREG else { return }
        // Lines are written up to half a second after their times. By the time of writing, those of before midnight would count
        // as the next day's, and a busy log would be put aside never. What others have written is known by that time alone.
        let written = UInt64(max(0, held.st_mtim.tv_sec)) * 1_000_000_000 + UInt64(held.st_mtim.tv_nsec)
        guard rotation.isDue(held: Int(held.st_size), more: batch.bytes.count, last: latest ?? written, now: time) else { return }
        // Somebody else may have put it aside: logrotate(8), or the process before an upgrade.
        if unsafe stat(path, &named) == 0, named.st_ino == held.st_ino, named.st_dev == held.st_dev {
            try rotation.putAside(path)
        }
        try reopen()
    }

    /// rename(2).
    static func rename(_ path: String, to other: String) throws(SystemError) {
        // The call reads the paths alone.
        guard unsafe Glibc.rename(path, other) == 0 else { throw SystemError("rename") }
    }

    private func write(_ bytes: [UInt8], _ offset: inout Int) throws(SystemError) {
        // The pointer is used during the call alone, and `offset` is below the count.
        let written = unsafe bytes.withUnsafeBytes { all in
            unsafe Glibc.write(descriptor, all.baseAddress.map { unsafe $0 + offset }, all.count - offset)
        }
        if written > 0 {
            offset += written
            return
        }
        guard written < 0, errno == EINTR || errno == EAGAIN else { throw SystemError("write", code: written < 0 ? errno : EIO) }
        if errno == EAGAIN { waitForRoom() }
    }

    /// Whoever shares our standard output may have made it non-blocking, since that is a property of what we share.
    private func waitForRoom() {
        var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // The pointer is used during the call alone.
        _ = unsafe poll(&watched, 1, -1)
    }

    private static func open(_ path: String) throws(SystemError) -> Int32 {
        var status = stat()
        // The calls read the path, which Swift ends with a zero byte, and fill the struct, during the call alone.
        let isPipe = unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
        // Opened for both (fifo(7)), a named pipe waits for no reader, and outlives those that leave.
        let access = isPipe ? O_RDWR : O_WRONLY
        let descriptor = unsafe Glibc.open(path, access | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0o640)
        guard descriptor >= 0 else { throw SystemError("open") }
        return descriptor
    }
}
