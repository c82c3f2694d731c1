import EventLoop
import Transport

/// What a log's thread does: it takes lines from the queue, brings them into order, and writes them, however long that takes.
struct LogThread: Sendable {
    private var output: LogOutput
    private let queue: LogQueue
    private let sortingTime: UInt64
    private var merge = LogMerge()
    /// Taken from there, for a receiver that had gone: they are the next one's first.
    private var unsent: LogBatch?
    /// When lines were last taken, in monotonic nanoseconds: a clock that is set back must not keep them.
    private var takenAt: UInt64 = 0
    /// When to look for the destination again, in monotonic nanoseconds; nil while it is there.
    private var retryAt: UInt64?
    /// Was it said that it is not there?
    private var saidUnreached = false

    /// Bytes of one write(2), about.
    private static let writeSize = 65_536
    /// Nanoseconds between two attempts to reach a receiver.
    private static let retryTime: UInt64 = 1_000_000_000

    /// - Parameter sortingTime: nanoseconds that a line waits for older ones.
    init(output: LogOutput, queue: LogQueue, sortingTime: UInt64) {
        self.output = output
        self.queue = queue
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
        queue.noteEnd(left: (unsent?.lineCount ?? 0) + merge.lineCount)
    }

    /// Milliseconds until the oldest line has waited long enough; nil without one.
    private var pause: Int? {
        guard let next = unsent?.marks.first?.time ?? merge.nextTime else { return nil }
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
        while unsent != nil || merge.nextTime.map({ $0 <= last }) == true {
            // Its receiver may have gone: what is left waits for the next.
            guard isReady() else { return }
            let before = size
            let lines = take(upTo: last)
            guard !lines.isEmpty else { return }
            let loss = output.write(lines)
            unsent = loss?.unsent
            queue.didWrite(
                size: size, before: before, lost: loss?.lines ?? 0, loss.flatMap { $0.lines > 0 ? $0.error : nil })
            if let loss, unsent != nil {
                noteUnreached(loss.error)
            } else if saidUnreached {
                saidUnreached = false
                queue.noteReached()
            }
        }
    }

    /// The bytes that have been taken from the queue and wait.
    private var size: Int { merge.size + (unsent?.size ?? 0) }

    private mutating func take(upTo last: UInt64) -> LogBatch {
        if let first = unsent.take() { return first }
        var lines = LogBatch(source: 0)
        _ = merge.take(upTo: last, limit: Self.writeSize, to: &lines)
        return lines
    }

    /// Is there a receiver? Until there is one again lines wait, as long as there is room for them.
    private mutating func isReady() -> Bool {
        if let retryAt, retryAt > monotonicNanoseconds() { return false }
        do throws(TransportError) {
            try output.prepare()
            retryAt = nil
            return true
        } catch {
            noteUnreached(error)
            return false
        }
    }

    private mutating func noteUnreached(_ error: TransportError) {
        if !saidUnreached { queue.noteUnreached(error) }
        saidUnreached = true
        retryAt = monotonicNanoseconds() &+ Self.retryTime
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
