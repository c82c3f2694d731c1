import Configuration
import EventLoop

/// When a log's file is put aside, and how many of those are kept.
struct LogRotation: Sendable, Equatable {
    /// Bytes that a file may have; nil: as many as come.
    var size: Int?
    /// Nanoseconds of a period; nil: there are none.
    var period: UInt64?
    var keep: Int

    init(_ logging: Logging) {
        size = logging.rotateSize
        period = logging.rotateAge?.nanoseconds
        keep = logging.rotateKeep
    }

    /// Must a file be put aside before more is written to it?
    /// - Parameters:
    ///   - held: its bytes.
    ///   - more: bytes that are to come.
    ///   - last: of when its last lines are, in nanoseconds since 1970.
    ///   - now: of when those are that are to come.
    func isDue(held: Int, more: Int, last: UInt64, now: UInt64) -> Bool {
        guard held > 0 else { return false }
        if let size, held + more > size { return true }
        guard let period else { return false }
        return now / period > last / period
    }

    /// Gives the file the name `PATH.1`, that one `PATH.2`, and so on; the oldest is lost.
    /// - Throws: why the file keeps its name. What happens to older ones is no reason to stop.
    func putAside(_ path: String) throws(SystemError) {
        for number in stride(from: keep - 1, through: 1, by: -1) {
            // Most of them are not there.
            try? LogFile.rename("\(path).\(number)", to: "\(path).\(number + 1)")
        }
        try LogFile.rename(path, to: "\(path).1")
    }
}
