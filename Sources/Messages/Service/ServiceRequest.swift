package import HTTP
package import Transport

/// A request as its handler sees it; valid until the handler returns.
package final class ServiceRequest {
    package let head: RequestHead
    package let peer: SocketAddress
    private unowned let connection: ServiceConnection

    init(_ connection: ServiceConnection, head: RequestHead, peer: SocketAddress) {
        self.connection = connection
        self.head = head
        self.peer = peer
    }

    /// Lends the body's next bytes, at most a buffer's, and waits for them if need be. A client that waits for a 100 gets it with
    /// the first call.
    /// - Returns: false at the body's end.
    package nonisolated(nonsending) func nextBytes(_ take: (Span<UInt8>) -> Void) async throws(ServiceFailure) -> Bool {
        try await connection.nextBytes(take)
    }

    /// The whole body.
    /// - Throws: 413 if it is larger than `limit`.
    package nonisolated(nonsending) func body(atMost limit: Int) async throws(ServiceFailure) -> [UInt8] {
        if case .length(let length) = head.framing, length > UInt64(limit) { throw .tooLarge }
        var body: [UInt8] = []
        var isTooLarge = false
        while !isTooLarge {
            let isMore = try await nextBytes { bytes in
                if bytes.count > limit - body.count { isTooLarge = true } else { body.append(bytes) }
            }
            guard isMore else { return body }
        }
        throw .tooLarge
    }

    /// Reads the body to its end and drops it.
    package nonisolated(nonsending) func discardBody() async throws(ServiceFailure) {
        while try await nextBytes({ _ in }) {}
    }
}

extension ServiceFailure {
    static var tooLarge: ServiceFailure { .refused(413, "body_too_large") }

    init(_ refusal: HTTPRefusal) {
        self = .refused(refusal.status, refusal.code)
    }
}
