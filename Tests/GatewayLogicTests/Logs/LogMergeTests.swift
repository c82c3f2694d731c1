import Testing

@testable import Gateway

/// What several workers have to say, brought into one order.
@Suite("Log lines of several sources")
struct LogMergeTests {
    private func batch(_ source: Int, _ times: [UInt64]) -> LogBatch {
        var batch = LogBatch(source: source)
        for time in times {
            batch.bytes.append(contentsOf: "\(time)".utf8)
            batch.endLine(time: time)
        }
        return batch
    }

    private func text(_ merge: inout LogMerge, upTo last: UInt64 = .max, limit: Int = 1 << 20) -> String {
        var out = LogBatch(source: 0)
        _ = merge.take(upTo: last, limit: limit, to: &out)
        var lines: [String] = []
        out.forEachLine { line, mark in
            lines.append(String(decoding: line, as: UTF8.self))
            #expect("\(mark.time)" == lines.last)
        }
        #expect(lines.map { $0 + "\n" }.joined().utf8.elementsEqual(out.bytes))
        return String(decoding: out.bytes, as: UTF8.self).replacing("\n", with: " ")
    }

    @Test("come in the order of their times, however they were handed over")
    func order() {
        var merge = LogMerge()
        merge.add(batch(2, [30, 40, 90]))
        merge.add(batch(0, [10, 50]))
        merge.add(batch(1, [20, 60]))
        merge.add(batch(0, [70]))
        merge.add(batch(1, [61, 80]))
        #expect(text(&merge) == "10 20 30 40 50 60 61 70 80 90 ")
        #expect(merge.size == 0 && merge.nextTime == nil)
    }

    @Test("that are too young wait, also in the middle of a batch")
    func waiting() {
        var merge = LogMerge()
        merge.add(batch(0, [10, 30, 50]))
        merge.add(batch(1, [20, 40]))
        #expect(text(&merge, upTo: 30) == "10 20 30 ")
        #expect(merge.nextTime == 40)
        merge.add(batch(1, [45]))
        #expect(text(&merge, upTo: 44) == "40 ")
        #expect(text(&merge) == "45 50 ")
    }

    @Test("of one time are all there, and pieces end with a whole line")
    func equalTimes() {
        var merge = LogMerge()
        merge.add(batch(0, [7, 7, 7]))
        merge.add(batch(1, [7, 7]))
        #expect(text(&merge, limit: 1) == "7 ")
        #expect(text(&merge, limit: 5) == "7 7 7 ")
        #expect(text(&merge) == "7 ")
        #expect(merge.size == 0)
    }

    @Test("that never get out cost no more than their bound, and what is dropped is told once and counted")
    func bound() throws {
        let queue = try LogQueue(key: "logging.access_log", capacity: 100_000)
        var added = 0
        while queue.takeChanges().isEmpty {
            queue.add(batch(0, Array(0..<100)))
            added += 100
            try #require(added < 1_000_000)
        }
        for _ in 0..<10 { queue.add(batch(0, [1, 2])) }
        #expect(queue.takeChanges().isEmpty)
        let taken = queue.take()
        let size = taken.batches.reduce(0) { $0 + $1.size }
        #expect(size <= 100_000)
        let lines = taken.batches.reduce(0) { $0 + $1.lineCount }
        #expect(lines == added - 100)
        queue.didWrite(size: 0, before: size, nil)
        guard case .hasRoom(let lost) = queue.takeChanges().first else {
            Issue.record("nobody was told that there is room again")
            return
        }
        #expect(lost == 120)
        queue.add(batch(0, [3]))
        #expect(queue.take().batches.count == 1)
    }
}
