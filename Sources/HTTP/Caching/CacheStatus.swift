/// A member of `Cache-Status`, RFC 9211: what the cache did with a request.
package struct CacheStatus: Equatable, Sendable {
    /// Why a request went on, RFC 9211 §2.2.
    package enum Forward: String, Sendable, CaseIterable {
        /// The route or request is none for the cache.
        case bypass
        case method
        case uriMiss = "uri-miss"
        case varyMiss = "vary-miss"
        /// The request asks for what the cache does not answer.
        case request
        case stale
        /// Only a part of it is asked for.
        case partial
    }

    /// nil: it was answered from the cache.
    package var forward: Forward?
    /// Of the answer that came, where the client gets another.
    package var forwardStatus: Int?
    /// Seconds for which the answer is still fresh.
    package var ttl: Int64?
    package var isStored = false
    /// Did it wait for another request's answer?
    package var isCollapsed = false

    /// Was it on disk, and not in memory?
    package var isFromDisk = false

    package init(_ forward: Forward? = nil) { self.forward = forward }

    /// Appends the field's value.
    /// - Parameter name: of the cache, as the field writes it.
    package func append(to out: inout [UInt8], of name: [UInt8]) {
        out.append(name.span)
        if let forward {
            out.append("; fwd=")
            out.append(contentsOf: forward.rawValue.utf8)
        } else {
            out.append("; hit")
        }
        if let forwardStatus {
            out.append("; fwd-status=")
            out.append(decimal: UInt64(forwardStatus))
        }
        if let ttl {
            out.append(ttl < 0 ? "; ttl=-" : "; ttl=")
            out.append(decimal: ttl.magnitude)
        }
        if isStored { out.append("; stored") }
        if isCollapsed { out.append("; collapsed") }
        // RFC 9211 §2.8: anything that the cache likes to say.
        if isFromDisk { out.append("; detail=disk") }
    }
}
