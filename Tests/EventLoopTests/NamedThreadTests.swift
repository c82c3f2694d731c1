import EventLoop
import Glibc
import Testing

@Suite("A thread with a name")
struct NamedThreadTests {
    private static var niceness: Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }

    @Test("lets others go first where it yields, and nobody else does", arguments: [false, true])
    func yields(yields: Bool) async throws {
        let before = Self.niceness
        let found: Int32 = try await withCheckedThrowingContinuation { continuation in
            do throws(SystemError) {
                try NamedThread.start(name: "named") {
                    if yields { NamedThread.letOthersGoFirst() }
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
