import HTTP
import Upstreams

extension Download {
    /// A stored answer goes to the client in place of this one, which has no body: the exchange with the upstream is over.
    /// - Returns: true, since a head was taken.
    mutating func endUnanswered(_ now: UInt64) throws(HTTPRefusal) -> Bool {
        _ = try upstream.beginBody(of: head, to: request.method)
        status = head.status
        answeredAt = now
        state = .done
        return true
    }
}
