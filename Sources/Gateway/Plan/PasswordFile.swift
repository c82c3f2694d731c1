import EventLoop
import Protection
import Synchronization

/// An htpasswd file: read when the plan is made, and again when it has changed. While it cannot be read, or is none, nobody comes
/// in.
final class PasswordFile: Sendable {
    /// Why there are no users to be had.
    struct Fault: Error {
        let reason: String
    }

    /// What the file holds.
    typealias Content = Result<PasswordList, Fault>

    private struct State {
        var stamp: FileAccess.Stamp?
        var content: Content
        var version = 1
    }

    let path: String
    private let state: Mutex<State>
    /// When it was last looked at, in monotonic nanoseconds.
    private let lookedAt = Atomic<UInt64>(0)
    private let version = Atomic<Int>(1)

    init(_ path: String) {
        self.path = path
        let (stamp, content) = Self.read(path)
        state = Mutex(State(stamp: stamp, content: content))
    }

    /// The content as it is now.
    var content: Content { state.withLock { $0.content } }

    /// What one worker knows of the file, so that it need not ask others.
    struct View {
        fileprivate(set) var content: Content
        fileprivate var version = 0
    }

    /// Brings a worker's view up to date; the file itself is looked at once in a second, by whichever worker comes first.
    func refresh(_ view: inout View?, now: UInt64) {
        let looked = lookedAt.load(ordering: .relaxed)
        if now &- looked >= Self.interval,
            lookedAt.compareExchange(expected: looked, desired: now, ordering: .relaxed).exchanged
        {
            look()
        }
        let current = version.load(ordering: .acquiring)
        guard view?.version != current else { return }
        view = state.withLock { View(content: $0.content, version: $0.version) }
    }

    private func look() {
        let stamp = try? FileAccess.Stamp(of: path)
        guard state.withLock({ $0.stamp != stamp || stamp == nil }) else { return }
        let (newStamp, content) = Self.read(path)
        state.withLock { state in
            state.stamp = newStamp
            state.content = content
            state.version += 1
            version.store(state.version, ordering: .releasing)
        }
    }

    /// The stamp is the one from before the bytes: a change in between is seen at the next look.
    private static func read(_ path: String) -> (FileAccess.Stamp?, Content) {
        do throws(SystemError) {
            let stamp = try FileAccess.Stamp(of: path)
            let bytes = try FileAccess.read(path, limit: PasswordList.maxBytes)
            do throws(PasswordList.Fault) {
                return (stamp, .success(try PasswordList(bytes)))
            } catch {
                let place = error.line > 0 ? "line \(error.line): " : ""
                return (stamp, .failure(Fault(reason: "\(path): \(place)\(error.reason)")))
            }
        } catch {
            return (nil, .failure(Fault(reason: "\(path): \(error.reason)")))
        }
    }

    /// A second.
    private static let interval: UInt64 = 1_000_000_000
}
