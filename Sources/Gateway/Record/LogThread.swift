import EventLoop

/// What a log's thread does: it takes lines from the queue, brings them into order, and writes them, however long that takes.
struct LogThread: Sendable {
    private var file: LogFile
    private let queue: LogQueue
    private let ended: Wakeup
    private let sortingTime: UInt64
    private var merge = LogMerge()
    /// When lines were last taken, in monotonic nanoseconds: a clock that is set back must not keep them.
    private var takenAt: UInt64 = 0

    /// Bytes of one write(2), about.
    private static let writeSize = 65_536

    /// - Parameters:
    ///   - ended: rings when the last line has been written.
    ///   - sortingTime: nanoseconds that a line waits for older ones.
    init(file: LogFile, queue: LogQueue, ended: Wakeup, sortingTime: UInt64) {
        self.file = file
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
        file.close()
        ended.ring()
    }

    /// Milliseconds until the oldest line has waited long enough; nil without one.
    private var pause: Int? {
        guard let next = merge.nextTime else { return nil }
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
        while true {
            var lines: [UInt8] = []
            let before = merge.size
            let count = merge.take(upTo: last, limit: Self.writeSize, to: &lines)
            guard count > 0 else { return }
            do throws(SystemError) {
                try file.write(lines)
                queue.didWrite(size: merge.size, before: before, lines: count, nil)
            } catch {
                queue.didWrite(size: merge.size, before: before, lines: count, error)
            }
        }
    }

    private mutating func reopen() {
        do throws(SystemError) {
            try file.reopen()
            queue.noteReopened(nil)
        } catch {
            queue.noteReopened(error)
        }
    }
}
