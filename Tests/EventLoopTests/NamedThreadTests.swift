import EventLoop
import Glibc
import Testing

@Suite("A thread with a name")
struct NamedThreadTests {
    private static var niceness: Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }

    /// What the scheduler gives the calling thread at a time, in nanoseconds; nil where the kernel does not tell.
    private static var slice: Int? {
        guard let bytes = try? FileAccess.read("/proc/thread-self/sched", limit: 65_536) else { return nil }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("se.slice ") }
        return line.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) }
    }

    /// Is the kernel, from 6.12 on, one that keeps a slice for each thread?
    private static var hasOwnSlices: Bool {
        guard let bytes = try? FileAccess.read("/proc/sys/kernel/osrelease", limit: 255) else { return false }
        let numbers = String(decoding: bytes, as: UTF8.self).split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        return numbers.count == 2 && (numbers[0], numbers[1]) >= (6, 12)
    }

    @Test("that lets others go first has the longest slices, so that whoever wakes up has a shorter one")
    func slices() async throws {
        let before = Self.slice
        let found: Int? = try await withCheckedThrowingContinuation { continuation in
            do throws(SystemError) {
                try NamedThread.start(name: "named") {
                    NamedThread.lowerPriority()
                    continuation.resume(returning: Self.slice)
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
        #expect(found == (before != nil && Self.hasOwnSlices ? 100_000_000 : before))
        #expect(Self.slice == before)
    }

    @Test("lets others go first where it yields, and nobody else does", arguments: [false, true])
    func yields(yields: Bool) async throws {
        let before = Self.niceness
        let found: Int32 = try await withCheckedThrowingContinuation { continuation in
            do throws(SystemError) {
                try NamedThread.start(name: "named") {
                    if yields { NamedThread.lowerPriority() }
                    continuation.resume(returning: Self.niceness)
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
        #expect(found == (yields ? min(19, before + 10) : before))
        #expect(Self.niceness == before)
    }
}
