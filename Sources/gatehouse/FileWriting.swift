import EventLoop
import Glibc

/// The few system calls of the command itself.
enum FileWriting {
    /// write(2) of a prefix of the bytes.
    /// - Returns: how many were written; at most 0 when none could be.
    static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int {
        // The pointer is used during the call alone.
        unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }

    /// A descriptor for a log; nil if the file cannot be opened.
    static func openForAppending(_ path: String) -> Int32? {
        // open(2) reads the path, which Swift ends with a zero byte, during the call alone.
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        return descriptor < 0 ? nil : descriptor
    }

    /// Is the environment variable set?
    static func hasVariable(_ name: String) -> Bool {
        // Only compared with null; nothing in this process changes the environment.
        unsafe getenv(name) != nil
    }

    /// Can the file not be read, for whatever reason?
    static func isMissing(_ path: String) -> Bool { FileAccess.problem(reading: path) != nil }
}
