import EventLoop
import Gateway
import Glibc

/// What the kernel says of this process, for metrics.
enum ProcessReading {
    /// Nanoseconds since 1970.
    private static let began = realtimeNanoseconds()

    /// Remembers when the process began: call it early.
    static func begin() { _ = began }

    static func figures() -> ProcessFigures {
        ProcessFigures(
            cpuTime: cpuTime, residentMemory: residentMemory, openDescriptors: UInt64(OpenDescriptors.count),
            maxDescriptors: UInt64(FileLimit.current), startTime: began / 1_000_000_000)
    }

    /// The processor time of the whole process, in nanoseconds (clock_gettime(2)).
    private static var cpuTime: UInt64 {
        var time = timespec()
        // The struct is filled during the call alone.
        guard unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return 0 }
        return UInt64(max(0, time.tv_sec)) &* 1_000_000_000 &+ UInt64(max(0, time.tv_nsec))
    }

    /// The second figure of `/proc/self/statm`, in pages (proc(5)).
    static var residentMemory: UInt64 {
        guard let bytes = try? FileAccess.read("/proc/self/statm", limit: 256) else { return 0 }
        let figures = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        return figures.count > 1 ? (UInt64(figures[1]) ?? 0) &* UInt64(sysconf(Int32(_SC_PAGESIZE))) : 0
    }
}
