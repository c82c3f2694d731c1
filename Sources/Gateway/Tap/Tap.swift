import HTTP
import Synchronization

/// What somebody wants to see while it happens, and what waits to be taken.
///
/// Workers collect lines and hand many over at a time, so the lock is taken a few times a second. A reader that is too slow loses
/// lines, which are counted; no exchange ever waits for one.
package final class Tap: Sendable {
    /// Which frames of tunnels are to be seen.
    package struct Frames: Sendable, Equatable {
        /// Every so many of each direction; 1: each.
        package var every: Int
        /// A connection's identifier: only of tunnels that it has. Nil: of those that the filter takes.
        package var connection: String?

        package init(every: Int, connection: String? = nil) {
            self.every = every
            self.connection = connection
        }
    }

    private struct Waiting: Sendable {
        var lines: [UInt8] = []
        var lost: UInt64 = 0
    }

    package let filter: TapFilter
    /// Nil: exchanges are to be seen, and no frames.
    package let frames: Frames?
    private let waiting = Mutex(Waiting())
    /// Bytes that may wait.
    private let capacity: Int

    /// - Parameter capacity: the most bytes that wait to be taken; beyond that lines are lost.
    package init(_ filter: TapFilter, frames: Frames? = nil, capacity: Int = 1 << 20) {
        self.filter = filter
        self.frames = frames
        self.capacity = capacity
    }

    /// Hands lines over, or counts them as lost if there is no room.
    /// - Parameters:
    ///   - lines: whole ones, each with its line end.
    ///   - count: how many they are.
    ///   - lost: lines that were not even made.
    func add(_ lines: [UInt8], count: Int, lost: UInt64 = 0) {
        waiting.withLock { waiting in
            waiting.lost += lost
            if waiting.lines.count + lines.count > capacity {
                waiting.lost += UInt64(count)
            } else {
                waiting.lines += lines
            }
        }
    }

    /// What has come since the last call: JSON objects, a line each. The last one says how many lines are missing (`lost`), if
    /// some are.
    package func take() -> [UInt8] {
        let (lines, lost) = waiting.withLock { waiting in
            defer { waiting = Waiting() }
            return (waiting.lines, waiting.lost)
        }
        guard lost > 0 else { return lines }
        return lines + Array("{\"lost\":\(lost)}\n".utf8)
    }
}

extension Gateway {
    /// Makes all workers show what it asks for, until `end`.
    package func begin(_ tap: Tap) async {
        for worker in workers { await worker.begin(tap) }
    }

    /// Nothing more is shown to it.
    package func end(_ tap: Tap) async {
        for worker in workers { await worker.end(tap) }
    }
}

extension Worker {
    func begin(_ tap: Tap) { resources?.begin(tap) }
    func end(_ tap: Tap) { resources?.end(tap) }
}
