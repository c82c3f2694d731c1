import Glibc

/// A file without a name, which is gone when nobody holds it any more, whatever becomes of the process (O_TMPFILE, open(2)).
///
/// It is written and read through the page cache: a call waits only where the system has more to write than its disks take.
package final class TemporaryFile {
    private let descriptor: Int32

    /// - Parameter directory: on whose file system it is.
    /// - Throws: the system call that failed.
    package init(in directory: String) throws(SystemError) {
        // The path is read during the call alone.
        var opened = unsafe open(directory, O_RDWR | Self.unnamed | O_CLOEXEC, 0o600)
        if opened < 0, errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT {
            opened = try Self.unlinked(in: directory)
        }
        guard opened >= 0 else { throw SystemError("open") }
        descriptor = opened
    }

    // O_TMPFILE, which the Glibc module does not have: its own bit is the same wherever Swift runs.
    private static let unnamed = Int32(0o20000000) | O_DIRECTORY

    /// Makes the file and removes its name, on file systems that know no O_TMPFILE.
    private static func unlinked(in directory: String) throws(SystemError) -> Int32 {
        let path = "\(directory)/.gatehouse-\(UInt64.random(in: 0...UInt64.max))"
        // The path is read during the calls alone.
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemError("open") }
        unsafe unlink(path)
        return descriptor
    }

    /// Writes all of the bytes.
    /// - Throws: the system call that failed: a full disk is `ENOSPC` or `EDQUOT`.
    package func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            // pwrite(2) reads at most so many bytes of the span, which outlives the call.
            let count = unsafe bytes.extracting(done..<bytes.count).withUnsafeBytes {
                unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemError("pwrite") }
            done += count
        }
    }

    /// Reads into `bytes` from its beginning.
    /// - Returns: how many; 0 at the end of the file.
    /// - Throws: the system call that failed.
    package func read(into bytes: inout [UInt8], at offset: Int) throws(SystemError) -> Int {
        while true {
            // pread(2) writes at most the array's own length into it.
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe pread(descriptor, $0.baseAddress, $0.count, off_t(offset))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("pread") }
            return count
        }
    }

    deinit { close(descriptor) }
}
