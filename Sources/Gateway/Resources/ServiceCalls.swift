import ACME
import Buffers
import EventLoop
import HTTP
import Messages
import TLS
import Transport

/// Asks services by their URLs, one question at a time, for an actor on an event loop: names are looked up, certificates are
/// verified.
final class ServiceCalls {
    /// Why there is no answer of status 200.
    enum Failure: Error {
        /// No address, or authorities that cannot be read: why.
        case unreachable(String)
        case call(CallError)
        case status(Int)
    }

    private let waiter: Waiter
    private let call: Call
    /// Nil until a name is looked up.
    private var lookup: ServiceLookup?

    /// - Parameter waiter: of the task that asks.
    init(_ waiter: Waiter) {
        self.waiter = waiter
        call = Call(waiter: waiter, buffers: BufferPool(smallCapacity: 16_384))
    }

    /// Ends what is under way.
    func stop() { call.stop() }

    /// Nothing may be under way any more.
    func close() { lookup?.close() }

    /// The request that goes to a URL, so far.
    static func request(_ method: HTTP.Method, to url: ServiceURL, accept: String) -> Call.Request {
        var request = Call.Request(method, Array(url.target.utf8), authority: Array(url.authority.utf8))
        request.fields.append("Accept", accept)
        request.fields.append("User-Agent", "gatehouse")
        return request
    }

    /// - Parameters:
    ///   - caFile: authorities to trust, PEM; nil: the system's.
    ///   - maxBodyBytes: bytes of the answer's body.
    /// - Returns: the body of an answer of status 200.
    nonisolated(nonsending) func send(
        _ request: Call.Request, to url: ServiceURL, caFile: String? = nil, maxBodyBytes: Int
    ) async throws(Failure) -> [UInt8] {
        var limits = Call.Limits()
        limits.maxBodyBytes = maxBodyBytes
        let server: Call.Server
        do {
            let lookup = try lookup ?? ServiceLookup(waiter)
            self.lookup = lookup
            let tls = url.isTLS ? try TLSClientContext(TLSClientContext.Settings(serverName: url.host, caFile: caFile)) : nil
            server = Call.Server(addresses: try await lookup.addresses(of: url), tls: tls)
        } catch {
            throw .unreachable((error as? TLSError)?.reason ?? "\(error)")
        }
        let answer: Call.Answer
        do throws(CallError) {
            answer = try await call.send(request, to: server, limits: limits)
        } catch {
            throw .call(error)
        }
        guard answer.status == 200 else { throw .status(answer.status) }
        return answer.body
    }
}
