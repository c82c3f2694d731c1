package import HTTP

extension Pool {
    /// Limits and timeouts of a pool. Times in nanoseconds.
    package struct Settings: Sendable, Equatable {
        /// Idle connections kept; the newest are used first.
        package var maxIdle: Int
        /// How long a connection may be idle before it is closed.
        package var idleTimeout: UInt64
        /// How long looking the name up may take, and connecting after it.
        package var connectTimeout: UInt64
        /// How long the TLS handshake may take.
        package var handshakeTimeout: UInt64
        package var chunkLimits: ChunkLimits
        /// The limits of answers' heads in HTTP/2; those of HTTP/1 are given with each exchange.
        package var headLimits: HeadLimits

        package init(
            maxIdle: Int, idleTimeout: UInt64, connectTimeout: UInt64, handshakeTimeout: UInt64, chunkLimits: ChunkLimits,
            headLimits: HeadLimits = HeadLimits()
        ) {
            self.maxIdle = maxIdle
            self.idleTimeout = idleTimeout
            self.connectTimeout = connectTimeout
            self.handshakeTimeout = handshakeTimeout
            self.chunkLimits = chunkLimits
            self.headLimits = headLimits
        }
    }
}
