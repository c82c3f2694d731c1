import EventLoop
import Transport

/// What a log's thread does: it takes lines from the queue, brings them into order, and writes them, however long that takes.
struct LogThread: Sendable {
    private var output: LogOutput
    private let queue: LogQueue
    private let ended: Wakeup
    private let sortingTime: UInt64
    private var merge = LogMerge()
    /// When lines were last taken, in monotonic nanoseconds: a clock that is set back must not keep them.
    private var takenAt: UInt64 = 0
    /// When to look for the destination again, in monotonic nanoseconds; nil while it is there.
    private var retryAt: UInt64?

    /// Bytes of one write(2), about.
    private static let writeSize = 65_536
    /// Nanoseconds between two attempts to reach a receiver.
    private static let retryTime: UInt64 = 1_000_000_000

    /// - Parameters:
    ///   - ended: rings when the last line has been written.
    ///   - sortingTime: nanoseconds that a line waits for older ones.
    init(output: LogOutput, queue: LogQueue, ended: Wakeup, sortingTime: UInt64) {
        self.output = output
        self.queue = queue
        self.ended = ended
        self.sortingTime = sortingTime
    }

    /// Until the queue is closed and all is written.
    mutating func run() {
        var isClosing = false
        while !isClosing {
            queue.work.wait(milliseconds: pause)
            let work = queue.take()
            if work.mustReopen { reopen() }
            if !work.batches.isEmpty { takenAt = monotonicNanoseconds() }
            for batch in work.batches { merge.add(batch) }
            isClosing = work.isClosing
            write(upTo: isClosing ? .max : lastTime)
        }
        output.close()
        ended.ring()
    }

    /// Milliseconds until the oldest line has waited long enough; nil without one.
    private var pause: Int? {
        guard let next = merge.nextTime else { return nil }
        if let retryAt {
            let now = monotonicNanoseconds()
            return retryAt > now ? Int((retryAt - now) / 1_000_000) + 1 : 0
        }
        let due = next &+ sortingTime
        let now = realtimeNanoseconds()
        return due > now ? Int(min(due - now, sortingTime) / 1_000_000) + 1 : 1
    }

    /// Lines that were made later wait for older ones still.
    private var lastTime: UInt64 {
        // Much at once needs the room, and after a while nothing older comes, whatever the clock says.
        if sortingTime == 0 || merge.size > queue.capacity / 2 || monotonicNanoseconds() &- takenAt >= sortingTime { return .max }
        // Busy workers hand lines over long before a tick.
        return realtimeNanoseconds() &- (merge.size > queue.capacity / 4 ? sortingTime / 4 : sortingTime)
    }

    private mutating func write(upTo last: UInt64) {
        while let next = merge.nextTime, next <= last {
            // Its receiver may have gone: what is left waits for the next.
            guard isReady() else { return }
            var lines = LogBatch(source: 0)
            let before = merge.size
            let count = merge.take(upTo: last, limit: Self.writeSize, to: &lines)
            guard count > 0 else { return }
            let loss = output.write(lines)
            queue.didWrite(size: merge.size, before: before, lines: count, lost: loss?.lines ?? 0, loss?.error)
        }
    }

    /// Is there a receiver? Until there is one again lines wait, as long as there is room for them.
    private mutating func isReady() -> Bool {
        if let retryAt, retryAt > monotonicNanoseconds() { return false }
        do throws(TransportError) {
            try output.prepare()
            if retryAt != nil { queue.noteReached() }
            retryAt = nil
            return true
        } catch {
            if retryAt == nil { queue.noteUnreached(error) }
            retryAt = monotonicNanoseconds() &+ Self.retryTime
            return false
        }
    }

    private mutating func reopen() {
        do throws(SystemError) {
            try output.reopen()
            queue.noteReopened(nil)
        } catch {
            queue.noteReopened(error)
        }
    }
}
