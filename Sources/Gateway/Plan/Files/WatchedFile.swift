import EventLoop
import Synchronization

/// A file that is looked at again and again, by threads: one that hangs keeps no loop waiting.
protocol PolledFile: Sendable {
    /// Makes a thread look at the file, if it is time for that. To be called a few times in a second.
    /// - Parameters:
    ///   - now: monotonic nanoseconds.
    ///   - limits: of the look. After its time nobody comes in, until the file has been read.
    func refresh(now: UInt64, on threads: FileThreads, _ limits: FileThreads.Limits)
}

/// A small file that decides who comes in: read when the plan is made, and again when it has changed. While it cannot be read, or
/// is not what it should be, there is no content, and nobody comes in.
final class WatchedFile<Content: Sendable>: PolledFile {
    typealias Reading = VersionedContent<Content>.Value

    private struct State {
        /// Nil: it could not be read.
        var stamp: FileAccess.Stamp?
        /// What a look has seen that is not what was read, and since when looks have seen something else, in monotonic
        /// nanoseconds.
        var unread: (stamp: FileAccess.Stamp?, since: UInt64)?
        /// When it is to be looked at again, in monotonic nanoseconds.
        var next: UInt64 = 0
        /// Since when a look is wanted that has not ended; nil if none is.
        var wanted: UInt64?
        /// Has a thread been told?
        var isUnderWay = false
    }

    let path: String
    private let limit: Int
    private let parse: @Sendable ([UInt8]) -> Reading
    /// What the file holds.
    let shared: VersionedContent<Content>
    private let state: Mutex<State>

    /// Less than a second, and the call that finds that it is time comes a little later.
    private static var pause: UInt64 { 700_000_000 }
    /// Whoever writes it in place may not have done: it is read when it has stayed the same for so many nanoseconds.
    private static var settling: UInt64 { 250_000_000 }
    /// Or when it has changed all the time for so many.
    private let maxSettling: UInt64

    /// - Parameters:
    ///   - limit: bytes; `parse` gets one more of a file that is larger.
    ///   - maxSettling: a file that changes all the time is read after so many nanoseconds.
    ///   - parse: says of what is wrong neither the path nor anything that is secret.
    init(
        _ path: String, limit: Int, maxSettling: UInt64 = 5_000_000_000, parse: @escaping @Sendable ([UInt8]) -> Reading
    ) {
        self.path = path
        self.limit = limit
        self.maxSettling = maxSettling
        self.parse = parse
        let (stamp, reading) = Self.read(path, limit, parse)
        state = Mutex(State(stamp: stamp))
        shared = VersionedContent(reading)
    }

    func refresh(now: UInt64, on threads: FileThreads, _ limits: FileThreads.Limits) {
        let isNew = state.withLock { state in
            guard let wanted = state.wanted else {
                guard now >= state.next else { return false }
                (state.wanted, state.isUnderWay) = (now, true)
                return true
            }
            // It is read afresh when that can be done.
            if now &- wanted >= limits.timeout, exchange(&state.stamp, with: nil) != nil {
                let reason = "\(path): reading it takes longer than limits.file_timeout"
                shared.replace(with: .failure(ContentFault(reason: reason)))
            }
            return !exchange(&state.isUnderWay, with: true)
        }
        if isNew, !threads.send(limits, { [self] in look() }) { state.withLock { $0.isUnderWay = false } }
    }

    /// Looks at the file; runs on a thread, one look at a time.
    private func look() {
        let seen = try? FileAccess.Stamp(of: path)
        let isDue = state.withLock { state in
            let now = monotonicNanoseconds()
            guard state.stamp != seen || seen == nil else {
                state.unread = nil
                return false
            }
            let since = state.unread?.since ?? now
            if let unread = state.unread, unread.stamp == seen || now &- since >= maxSettling { return true }
            state.unread = (seen, since)
            return false
        }
        if isDue {
            let (stamp, reading) = Self.read(path, limit, parse)
            state.withLock { state in
                (state.stamp, state.unread) = (stamp, nil)
                shared.replace(with: reading)
            }
        }
        state.withLock { state in
            (state.wanted, state.isUnderWay) = (nil, false)
            state.next = monotonicNanoseconds() &+ (state.unread == nil ? Self.pause : Self.settling)
        }
    }

    /// The stamp is the one from before the bytes: a change in between is seen at the next look.
    private static func read(
        _ path: String, _ limit: Int, _ parse: ([UInt8]) -> Reading
    ) -> (FileAccess.Stamp?, Reading) {
        do throws(SystemError) {
            let stamp = try FileAccess.Stamp(of: path)
            let reading = parse(try FileAccess.read(path, limit: limit))
            return (stamp, reading.mapError { ContentFault(reason: "\(path): \($0.reason)") })
        } catch {
            return (nil, .failure(ContentFault(reason: "\(path): \(error.reason)")))
        }
    }
}
