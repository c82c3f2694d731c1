import TestSupport

/// Six clients that ask without a pause while something else is done to the gateway: half of them keep their connection as long
/// as they may, half take a new one for each request.
enum ConstantLoad {
    private struct Wrong: Error { let answer: String }

    /// - Parameters:
    ///   - text: the body of each answer.
    ///   - body: what is done meanwhile.
    /// - Returns: how many requests each client has had answered, every one of them rightly.
    /// - Throws: the first wrong answer, or what `body` throws.
    static func during(
        _ port: FreePort, expecting text: String = "here", _ body: () async throws -> Void
    ) async throws -> [Int] {
        let isOver = Guarded(false)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for client in 0..<6 {
                group.addTask {
                    try await onThread { try ask(port, text, keepsConnection: client % 2 == 1) { isOver.withLock { $0 } } }
                }
            }
            do {
                defer { isOver.withLock { $0 = true } }
                try await body()
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    private static func ask(
        _ port: FreePort, _ text: String, keepsConnection: Bool, until isOver: () -> Bool
    ) throws -> Int {
        var count = 0
        var wire = try Wire(to: port.number)
        while !isOver() {
            if !keepsConnection { wire = try Wire(to: port.number) }
            try wire.write("GET /\(count) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let answer = try wire.readAnswer()
            guard answer.status == 200, answer.text == text else { throw Wrong(answer: answer.text) }
            if answer.value("Connection") == "close" { wire = try Wire(to: port.number) }
            count += 1
        }
        return count
    }
}
