/// `[limits]`: what one client or one exchange may use. Sizes in bytes. Every limit and its reason is in
/// ``ConfigurationReference``.
package struct Limits: Sendable, Equatable {
    /// The request line and all fields together.
    package var maxHeadBytes = 16 << 10
    package var maxTargetBytes = 8 << 10
    package var maxFields = 100
    /// One field: name and value.
    package var maxFieldBytes = 8 << 10
    package var maxTrailerBytes = 8 << 10
    package var maxChunkExtensionBytes = 1 << 10
    /// 0: no limit.
    package var maxRequestsPerConnection = 10_000
    /// 0: no limit.
    package var maxConnectionsPerClient = 0
    /// Streams that are open at a time on one HTTP/2 connection.
    package var http2Streams = 128
    /// Streams of one that end by a reset, at once and in 30 seconds.
    package var http2Resets = 500
    /// Frames of one that move nothing, at once and in 10 seconds.
    package var http2ControlFrames = 2000
    /// Bytes by which the windows of one may grow with use.
    package var http2Window = 16 << 20
    /// Silence of an idle one after which its client is asked by a PING whether it is there; zero: never.
    package var http2Ping = Duration.zero
    package var handshakeTimeout = Duration.seconds(10)
    /// How long a head may take, from its first byte to its last.
    package var headTimeout = Duration.seconds(10)
    /// How long a body may be without a byte.
    package var bodyTimeout = Duration.seconds(30)
    /// How long a client may take no byte of the answer.
    package var sendTimeout = Duration.seconds(30)
    /// How long a client that sends no more is taken to wait for its answer, while nothing can be sent that would show it; zero:
    /// it is taken as gone.
    package var halfCloseGrace = Duration.seconds(10)
    /// Idle between requests; as `performance.keep_alive_timeout` unless written.
    package var keepAliveTimeout = Duration.seconds(60)
    /// Bytes per second of a body, over the time spent waiting for the client; 0: no limit.
    package var minBodyRate = 100
    /// How long the client may be waited for before the rate counts.
    package var minBodyRateGrace = Duration.seconds(30)
    /// How long health checks fail after the order to stop, before it is carried out.
    package var drainDelay = Duration.zero
    /// How long exchanges in flight may take after the order to stop.
    package var drainTimeout = Duration.seconds(30)
    /// How long a process whose place another has taken leaves its tunnels alone.
    package var upgradeDrain = Duration.seconds(3600)
    /// Tunnels whose route a reload has removed end within this time, one by one.
    package var reloadCloseWindow = Duration.seconds(10)
    /// How long a closing connection whose client is silent is still read, so that it gets the answer instead of a reset; zero:
    /// not at all.
    package var lingeringTimeout = Duration.seconds(5)
    /// How long it is read in all.
    package var lingeringTime = Duration.seconds(60)
    /// A tunnel (WebSocket) without a byte in either direction; a route may say otherwise.
    package var tunnelIdle = Duration.seconds(3600)
    /// A tunnel's longest life; zero: no limit.
    package var tunnelLifetime = Duration.zero
    /// Silence after which the gateway pings both sides of a tunnel; zero: never.
    package var tunnelPing = Duration.zero
    /// A side of a tunnel that takes nothing while bytes wait for it; zero: no limit.
    package var tunnelStall = Duration.seconds(60)
    /// 0: no limit.
    package var maxTunnelsPerClient = 0
    /// A second, of each worker, about handshakes that failed.
    package var handshakeFailureLines = 20
    /// How many clients each rate limit remembers.
    package var rateLimitedClients = 1_000_000
    /// Answers of upstreams that one worker compresses at a time; 0: none.
    package var maxCompressions = 256
    /// Threads that read files.
    package var fileThreads = 8
    /// Pieces of work that may wait for one of them.
    package var fileReads = 1024
    /// After which a request no longer waits for a file system.
    package var fileTimeout = Duration.seconds(30)
    /// Bytes of a stored request's body that stay in memory.
    package var bufferMemory = 64 << 10
    /// Bytes of all stored requests that may be on disk.
    package var bufferDisk = 1 << 30
    package var bufferDir = "/var/tmp"
    /// Idle connections kept to one upstream by one worker; 0: none are reused.
    package var maxIdleUpstreamConnections = 512
    /// How long such a connection is kept.
    package var upstreamIdleTimeout = Duration.seconds(60)

    package init() {}
}
