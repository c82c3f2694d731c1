/// What the flight recorders of all workers keep, in the order in which it ended.
package struct RecordedExchanges: Sendable {
    /// A JSON object each, and a line end behind each. The first ones name the workers that are stuck, if any are.
    package var lines: [UInt8] = []
    /// Exchanges and ends of tunnels.
    package var count = 0
    /// Numbers of workers that have not answered in time: what they keep is not here.
    package var silentWorkers: [Int] = []
}

extension Gateway {
    /// The last exchanges of all workers. A worker copies what it keeps; the text is made by the caller.
    ///
    /// A worker that is stuck is just when somebody wants to know what happened: what the others keep is told without it.
    /// - Parameter timeout: how long workers have to answer.
    package func recorded(within timeout: Duration = .seconds(1)) async -> RecordedExchanges {
        var recorded = RecordedExchanges()
        var all: [RecordedExchange] = []
        for (number, answer) in await answers(within: timeout, { $0.recorded }).enumerated() {
            guard let answer else {
                recorded.silentWorkers.append(number)
                recorded.lines += Array("{\"worker\":\(number),\"silent\":true}\n".utf8)
                continue
            }
            all += answer
        }
        all.sort { one, other in
            let (one, other) = (one.figures, other.figures)
            return (one.time, one.worker, one.number) < (other.time, other.worker, other.number)
        }
        for exchange in all {
            RecordedLine(exchange: exchange).append(to: &recorded.lines)
            recorded.lines.append(0x0A)
        }
        recorded.count = all.count
        return recorded
    }

    /// Asks all workers at once.
    /// - Parameter timeout: how long they have to answer. The question stays with one that is stuck, until it is not.
    /// - Returns: what each says, by its number; nil for one that has not answered in time.
    private func answers<Answer: Sendable>(
        within timeout: Duration, _ question: @escaping @Sendable (isolated Worker) -> Answer
    ) async -> [Answer?] {
        let (found, continuation) = AsyncStream.makeStream(of: (number: Int, answer: Answer).self)
        for (number, worker) in workers.enumerated() {
            Task { continuation.yield((number, await question(worker))) }
        }
        let timer = Task {
            try? await Task.sleep(for: timeout)
            continuation.finish()
        }
        defer { timer.cancel() }
        var answers = [Answer?](repeating: nil, count: workers.count)
        var missing = workers.count
        for await (number, answer) in found {
            answers[number] = answer
            missing -= 1
            if missing == 0 { break }
        }
        return answers
    }
}

extension Worker {
    /// The oldest first.
    var recorded: [RecordedExchange] { resources.map { $0.records.recorder.exchanges() } ?? [] }
}
