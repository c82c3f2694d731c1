import Glibc

/// What was true of a file when it was opened. Two openings that found the same facts found the same bytes, but for a write in
/// the same tick of the file system's clock: see `isSettled(at:)`.
package struct FileMetadata: Equatable, Sendable {
    /// Bytes.
    package let size: UInt64
    /// When the content was changed (mtime), as anybody may set it.
    package let modified: FileTime
    /// When content or attributes were changed (ctime), as the kernel alone sets it.
    let changed: FileTime
    let inode: UInt64
    let device: UInt64

    init(_ facts: stat) {
        size = UInt64(clamping: facts.st_size)
        modified = FileTime(facts.st_mtim)
        changed = FileTime(facts.st_ctim)
        inode = UInt64(facts.st_ino)
        device = UInt64(facts.st_dev)
    }

    /// Was the last change long enough ago that another one would show? A file system's clock ticks every few milliseconds, and
    /// what is written twice within a tick has the same times. `now`: seconds since 1970.
    func isSettled(at now: Int64) -> Bool {
        changed.seconds < now - 1
    }
}

/// A moment as a file system keeps it.
package struct FileTime: Comparable, Sendable {
    /// Since 1970.
    package let seconds: Int64
    /// The nanoseconds of that second.
    package let nanoseconds: Int64

    init(_ time: timespec) {
        seconds = Int64(time.tv_sec)
        nanoseconds = Int64(time.tv_nsec)
    }

    /// The time without its fraction of a second, which programs lose that set times with utime(2) or keep them in old formats.
    var inWholeSeconds: FileTime { FileTime(timespec(tv_sec: Int(seconds), tv_nsec: 0)) }

    /// Does it say nothing of when the file was changed? Builds that come out the same each time give one date to all files, of
    /// whatever version: 1970 (Nix, OSTree, jib), 1980 (buildpacks, ZIP's first day), and npm a second of its own.
    var isMadeUp: Bool { seconds < Self.firstOf1981 || seconds == Self.npmDate }

    /// 1981-01-01 00:00:00 UTC.
    private static let firstOf1981: Int64 = 347_155_200
    /// 1985-10-26 08:15:00 UTC.
    private static let npmDate: Int64 = 499_162_500

    package static func < (one: FileTime, other: FileTime) -> Bool {
        (one.seconds, one.nanoseconds) < (other.seconds, other.nanoseconds)
    }
}
