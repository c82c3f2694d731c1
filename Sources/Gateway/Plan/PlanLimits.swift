import Configuration
import EventLoop
import HTTP
import Messages

/// `[limits]` and `[performance]`, times in nanoseconds. A class, so that a waiting task holds a reference and not a copy.
final class PlanLimits: Sendable {
    let head: HeadLimits
    let chunks: ChunkLimits
    /// 0: no limit.
    let maxRequestsPerConnection: Int
    /// The limits of one HTTP/2 connection.
    let streams: StreamLimits
    /// Client connections of all workers together.
    let maxConnections: Int
    /// 0: no limit.
    let maxConnectionsPerClient: Int
    let handshakeTimeout: UInt64
    let headTimeout: UInt64
    let bodyTimeout: UInt64
    let sendTimeout: UInt64
    /// 0: none.
    let halfCloseGrace: UInt64
    let keepAliveTimeout: UInt64
    /// 0: never.
    let http2Ping: UInt64
    /// Bytes per second; 0: no limit.
    let minBodyRate: UInt64
    let minBodyRateGrace: UInt64
    let lingeringTimeout: UInt64
    let lingeringTime: UInt64
    let drainDelay: UInt64
    let drainTimeout: UInt64
    let upgradeDrain: UInt64
    let reloadCloseWindow: UInt64
    /// Log lines about failed handshakes that each worker writes in a second.
    let handshakeFailureLines: Int
    /// 0: no limit.
    let maxTunnelsPerClient: Int
    /// How many answers of upstreams one worker compresses at a time; 0: none.
    let maxCompressions: Int
    /// The limits of the threads that read files.
    let files: FileThreads.Limits

    init(_ configuration: Configuration) {
        let limits = configuration.limits
        head = HeadLimits(limits)
        chunks = ChunkLimits(limits)
        maxRequestsPerConnection = limits.maxRequestsPerConnection
        streams = StreamLimits(limits, head: head, trailers: chunks)
        maxConnections = configuration.performance.maxConnections
        maxConnectionsPerClient = limits.maxConnectionsPerClient
        handshakeFailureLines = limits.handshakeFailureLines
        handshakeTimeout = limits.handshakeTimeout.nanoseconds
        headTimeout = limits.headTimeout.nanoseconds
        bodyTimeout = limits.bodyTimeout.nanoseconds
        sendTimeout = limits.sendTimeout.nanoseconds
        halfCloseGrace = limits.halfCloseGrace.nanoseconds
        keepAliveTimeout = limits.keepAliveTimeout.nanoseconds
        http2Ping = limits.http2Ping.nanoseconds
        minBodyRate = UInt64(limits.minBodyRate)
        minBodyRateGrace = limits.minBodyRateGrace.nanoseconds
        lingeringTimeout = limits.lingeringTimeout.nanoseconds
        lingeringTime = limits.lingeringTime.nanoseconds
        drainDelay = limits.drainDelay.nanoseconds
        drainTimeout = limits.drainTimeout.nanoseconds
        upgradeDrain = limits.upgradeDrain.nanoseconds
        reloadCloseWindow = limits.reloadCloseWindow.nanoseconds
        maxCompressions = limits.maxCompressions
        files = FileThreads.Limits(
            threads: limits.fileThreads, waiting: limits.fileReads, timeout: limits.fileTimeout.nanoseconds)
        maxTunnelsPerClient = limits.maxTunnelsPerClient
    }
}

extension HeadLimits {
    fileprivate init(_ limits: Limits) {
        self.init()
        maxHeadBytes = limits.maxHeadBytes
        maxTargetBytes = limits.maxTargetBytes
        maxFields = limits.maxFields
        maxFieldBytes = limits.maxFieldBytes
    }
}

extension StreamLimits {
    fileprivate init(_ limits: Limits, head: HeadLimits, trailers: ChunkLimits) {
        self.init(head: head, trailers: trailers)
        maxStreams = limits.http2Streams
        maxResets = limits.http2Resets
        maxControlFrames = limits.http2ControlFrames
        maxGrowth = limits.http2Window
    }
}

extension ChunkLimits {
    fileprivate init(_ limits: Limits) {
        self.init()
        maxTrailerBytes = limits.maxTrailerBytes
        maxExtensionBytes = limits.maxChunkExtensionBytes
    }
}
