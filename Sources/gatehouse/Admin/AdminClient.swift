import Buffers
import EventLoop
import FoundationEssentials
import HTTP
import Messages
import Transport

/// Asks a running gateway by its admin socket.
actor AdminClient {
    /// Why there is no answer to be had.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    nonisolated let loop: EventLoop
    private let socket: SocketAddress
    private let path: String
    private let timeout: UInt64

    /// For who asks no more than who is there, in nanoseconds: a gateway that has been stopped answers nobody.
    static let shortTimeout: UInt64 = 5_000_000_000

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop's thread keeps the loop alive until `deinit`, after which no job of this actor is left.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// - Parameters:
    ///   - path: of the admin socket.
    ///   - timeout: how long an answer may take, in nanoseconds. A reload may read thousands of certificates, after another one
    ///     that does.
    init(_ path: String, timeout: UInt64 = 600_000_000_000) throws(SystemError) {
        (self.path, self.timeout) = (path, timeout)
        socket = SocketAddress(family: .unix, bytes: Array(path.utf8), port: 0)
        loop = try EventLoop()
        try loop.start(name: "client")
    }

    deinit { loop.stop() }

    /// Asks and waits for the answer.
    /// - Parameter body: sent as JSON; nil: none.
    /// - Throws: what the server says is wrong, or why it cannot be asked.
    func ask<Answer: Decodable & Sendable>(
        _ method: HTTP.Method, _ target: String, body: (any Encodable & Sendable)? = nil, for type: Answer.Type = Answer.self
    ) async throws -> Answer {
        var request = Call.Request(method, Array(target.utf8), authority: Array("localhost".utf8))
        if let body {
            request.body = Array(try JSONEncoder().encode(body))
            request.fields.append("Content-Type", "application/json")
        }
        let asked = request
        // Its steps look and wait in one go: nothing may come in between (ARCHITECTURE.md, both executors).
        guard let answer = try await withTaskExecutorPreference(loop, operation: { try await send(asked) }) else {
            throw Failure(description: "\(path): not asked")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        if answer.status != 200, let problem = try? decoder.decode(AdminProblem.self, from: Data(answer.body)) {
            throw AdminRefusal(problem)
        }
        guard answer.status == 200 else { throw Failure(description: "\(path): answered with \(answer.status)") }
        return try decoder.decode(Answer.self, from: Data(answer.body))
    }

    /// Asks for what is no JSON as a whole.
    /// - Throws: as `ask`.
    func bytes(_ target: String) async throws -> [UInt8] {
        let asked = Call.Request(.get, Array(target.utf8), authority: Array("localhost".utf8))
        guard let answer = try await withTaskExecutorPreference(loop, operation: { try await send(asked) }) else {
            throw Failure(description: "\(path): not asked")
        }
        if answer.status == 200 { return answer.body }
        if let problem = try? JSONDecoder().decode(AdminProblem.self, from: Data(answer.body)) { throw AdminRefusal(problem) }
        throw Failure(description: "\(path): answered with \(answer.status)")
    }

    /// Asks for what has no end, and reads it.
    /// - Parameters:
    ///   - taking: gets it as it comes; false: enough.
    /// - Returns: when it is enough, or when the server has ended it: was it enough?
    /// - Throws: what the server says is wrong, or why it cannot be asked.
    func follow(
        _ target: String, _ method: HTTP.Method = .get, taking: @escaping @Sendable (Span<UInt8>) -> Bool
    ) async throws -> Bool {
        let asked = Call.Request(method, Array(target.utf8), authority: Array("localhost".utf8))
        let outcome = try await withTaskExecutorPreference(loop) { try await send(asked, taking: taking) }
        guard let answer = outcome else { return true }
        guard answer.status != 200 else { return false }
        if let problem = try? JSONDecoder().decode(AdminProblem.self, from: Data(answer.body)) { throw AdminRefusal(problem) }
        throw Failure(description: "\(path): answered with \(answer.status)")
    }

    /// A value as the server writes it, for programs.
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// - Returns: nil if what is taken is enough.
    private func send(
        _ request: Call.Request, taking: (@Sendable (Span<UInt8>) -> Bool)? = nil
    ) async throws(Failure) -> Call.Answer? {
        let waiter = Waiter(loop: loop)
        defer { waiter.retire() }
        var limits = Call.Limits()
        limits.maxBodyBytes = 64 << 20
        limits.timeout = taking == nil ? timeout : .max / 4
        do throws(CallError) {
            return try await Call(waiter: waiter, buffers: BufferPool(smallCapacity: 16_384))
                .send(request, to: Call.Server(addresses: [socket]), limits: limits, taking: taking)
        } catch {
            if case .stopped = error { return nil }
            throw Failure(description: "\(path): \(error)")
        }
    }
}

/// What the server says it cannot do, and why.
struct AdminRefusal: Error {
    let problem: AdminProblem

    init(_ problem: AdminProblem) { self.problem = problem }
}
