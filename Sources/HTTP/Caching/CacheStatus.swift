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
    /// The status of the answer that came, where the client gets another.
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
        out.append(guessing: name.count + 64) { write(to: &$0, of: name) }
    }

    private func write(to out: inout OutputSpan<UInt8>, of name: [UInt8]) {
        out.write(name)
        if let forward {
            out.write("; fwd=")
            let word = forward.rawValue
            out.write(word.utf8Span.span)
        } else {
            out.write("; hit")
        }
        if let forwardStatus {
            out.write("; fwd-status=")
            out.write(decimal: UInt64(forwardStatus))
        }
        if let ttl {
            out.write(ttl < 0 ? "; ttl=-" : "; ttl=")
            out.write(decimal: ttl.magnitude)
        }
        if isStored { out.write("; stored") }
        if isCollapsed { out.write("; collapsed") }
        // RFC 9211 §2.8: anything that the cache likes to say.
        if isFromDisk { out.write("; detail=disk") }
    }
}
