import EventLoop
import Transport

/// Questions to DNS that are waited for, one after the other.
final class NameQuestions {
    private let resolver: Resolver
    private let waiter: Waiter
    private static let timeout: UInt64 = 20_000_000_000

    /// - Parameter waiter: the calling task's.
    init(_ settings: Resolver.Settings, on waiter: Waiter) throws(TransportError) {
        self.waiter = waiter
        resolver = try Resolver(settings, loop: waiter.loop)
    }

    func close() { resolver.close() }

    nonisolated(nonsending) func addresses(of name: String) async -> Result<[SocketAddress], TransportError> {
        let answer = Kept<[SocketAddress]>()
        resolver.ask(name) { [waiter] outcome in
            answer.outcome = outcome.map(\.addresses)
            waiter.notify()
        }
        return await wait(answer)
    }

    /// RFC 8659 §3: of the name, or of the nearest one above it that has any.
    /// - Returns: whose they are, too.
    nonisolated(nonsending) func relevantCAA(
        of name: String
    ) async -> Result<(owner: String, records: [CAARecord]), TransportError> {
        var labels = name.split(separator: ".")[...]
        while !labels.isEmpty {
            let owner = labels.joined(separator: ".")
            let answer = Kept<[CAARecord]>()
            resolver.askCAA(owner) { [waiter] outcome in
                answer.outcome = outcome
                waiter.notify()
            }
            switch await wait(answer) {
            case .failure(let error): return .failure(error)
            case .success(let records) where !records.isEmpty: return .success((owner, records))
            case .success: labels = labels.dropFirst()
            }
        }
        return .success((name, []))
    }

    private nonisolated(nonsending) func wait<Value>(_ answer: Kept<Value>) async -> Result<Value, TransportError> {
        let deadline = waiter.loop.now &+ Self.timeout
        while answer.outcome == nil, waiter.loop.now < deadline { _ = await waiter.wait(timeout: deadline - waiter.loop.now) }
        return answer.outcome ?? .failure(.unresolved("the look-up timed out"))
    }

    private final class Kept<Value> {
        var outcome: Result<Value, TransportError>?
    }
}
