import EventLoop
import Synchronization

/// Why a file's content is not to be had.
struct FileFault: Error {
    let reason: String
}

/// A small file that decides who comes in: read when the plan is made, and again when it has changed. While it cannot be read, or
/// is not what it should be, there is no content, and nobody comes in.
final class WatchedFile<Content: Sendable>: Sendable {
    /// What the file holds.
    typealias Reading = Result<Content, FileFault>

    private struct State {
        var stamp: FileAccess.Stamp?
        var reading: Reading
        var version = 1
    }

    let path: String
    private let limit: Int
    private let parse: @Sendable ([UInt8]) -> Reading
    private let state: Mutex<State>
    /// When it was last looked at, in monotonic nanoseconds.
    private let lookedAt = Atomic<UInt64>(0)
    private let version = Atomic<Int>(1)

    /// - Parameters:
    ///   - limit: bytes; `parse` gets one more of a file that is larger.
    ///   - parse: says of what is wrong neither the path nor anything that is secret.
    init(_ path: String, limit: Int, parse: @escaping @Sendable ([UInt8]) -> Reading) {
        self.path = path
        self.limit = limit
        self.parse = parse
        let (stamp, reading) = Self.read(path, limit, parse)
        state = Mutex(State(stamp: stamp, reading: reading))
    }

    /// The content as it was last read.
    var reading: Reading { state.withLock { $0.reading } }

    /// What one worker knows of the file, so that it need not ask others.
    struct View {
        fileprivate(set) var reading: Reading
        fileprivate var version = 0
    }

    /// Brings a worker's view up to date; the file itself is looked at once in a second, by whichever worker comes first.
    func refresh(_ view: inout View?, now: UInt64) {
        let looked = lookedAt.load(ordering: .relaxed)
        if now &- looked >= 1_000_000_000,
            lookedAt.compareExchange(expected: looked, desired: now, ordering: .relaxed).exchanged
        {
            look()
        }
        let current = version.load(ordering: .acquiring)
        guard view?.version != current else { return }
        view = state.withLock { View(reading: $0.reading, version: $0.version) }
    }

    private func look() {
        let stamp = try? FileAccess.Stamp(of: path)
        guard state.withLock({ $0.stamp != stamp || stamp == nil }) else { return }
        let (newStamp, reading) = Self.read(path, limit, parse)
        state.withLock { state in
            state.stamp = newStamp
            state.reading = reading
            state.version += 1
            version.store(state.version, ordering: .releasing)
        }
    }

    /// The stamp is the one from before the bytes: a change in between is seen at the next look.
    private static func read(
        _ path: String, _ limit: Int, _ parse: ([UInt8]) -> Reading
    ) -> (FileAccess.Stamp?, Reading) {
        do throws(SystemError) {
            let stamp = try FileAccess.Stamp(of: path)
            let reading = parse(try FileAccess.read(path, limit: limit))
            return (stamp, reading.mapError { FileFault(reason: "\(path): \($0.reason)") })
        } catch {
            return (nil, .failure(FileFault(reason: "\(path): \(error.reason)")))
        }
    }
}

/// One worker's views of files.
final class FileViews<Content: Sendable> {
    private var views: [ObjectIdentifier: (file: WatchedFile<Content>, view: WatchedFile<Content>.View?)] = [:]

    /// What a file holds now.
    func reading(of file: WatchedFile<Content>, now: UInt64) -> WatchedFile<Content>.Reading {
        var view = views[ObjectIdentifier(file)]?.view
        file.refresh(&view, now: now)
        views[ObjectIdentifier(file)] = (file, view)
        return view?.reading ?? .failure(FileFault(reason: "\(file.path): not read"))
    }

    /// Files of plans that are gone are forgotten.
    func forget() { views = [:] }
}
