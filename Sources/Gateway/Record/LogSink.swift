import Configuration
import EventLoop
import Glibc
import Synchronization

/// Where access-log lines go: one descriptor for all workers. Each hands over many whole lines at once. A pipe or a terminal
/// mixes writes of more than PIPE_BUF bytes (pipe(7)), so the workers take turns; that is a few times a second, not once a
/// request.
final class LogSink: Sendable {
    private let descriptor: Int32?
    private let isOwned: Bool
    private let turn = Mutex(())

    /// Opens the destination.
    /// - Throws: when a file cannot be opened for appending.
    init(_ destination: Logging.Destination) throws(SystemError) {
        switch destination {
        case .none: (descriptor, isOwned) = (nil, false)
        case .stdout: (descriptor, isOwned) = (STDOUT_FILENO, false)
        case .stderr: (descriptor, isOwned) = (STDERR_FILENO, false)
        case .file(let path):
            // open(2) reads the path, which Swift ends with a zero byte, during the call alone.
            let opened = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
            guard opened >= 0 else { throw SystemError("open") }
            (descriptor, isOwned) = (opened, true)
        }
    }

    deinit {
        if isOwned, let descriptor { close(descriptor) }
    }

    var isOn: Bool { descriptor != nil }

    /// Writes whole lines. What the destination does not take (a full disk, a closed pipe) is lost: a log never stops the
    /// service.
    func write(_ lines: [UInt8]) {
        guard let descriptor else { return }
        turn.withLock { _ in writeAll(lines, to: descriptor) }
    }

    private func writeAll(_ lines: [UInt8], to descriptor: Int32) {
        var offset = 0
        while offset < lines.count {
            // The pointer is used during the call alone, and `offset` is below the count.
            let written = unsafe lines.withUnsafeBytes { bytes in
                unsafe Glibc.write(descriptor, bytes.baseAddress.map { unsafe $0 + offset }, bytes.count - offset)
            }
            if written < 0 {
                guard errno == EINTR else { return }
                continue
            }
            offset += written
        }
    }
}
