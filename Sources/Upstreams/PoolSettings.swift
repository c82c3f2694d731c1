package import HTTP

extension Pool {
    /// Limits and timeouts of a pool. Times in nanoseconds.
    package struct Settings: Sendable, Equatable {
        /// Idle connections kept; the newest are used first.
        package var maxIdle: Int
        package var idleTimeout: UInt64
        package var connectTimeout: UInt64
        package var handshakeTimeout: UInt64
        package var chunkLimits: ChunkLimits
        /// Of answers' heads by HTTP/2; HTTP/1's are given with each exchange.
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
