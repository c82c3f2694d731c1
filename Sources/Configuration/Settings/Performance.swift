/// `[performance]`: how much of the machine is used.
package struct Performance: Sendable, Equatable {
    /// nil: one per core this process may use.
    package var workerThreads: Int?
    /// Client connections at once, over all workers.
    package var maxConnections = 1000
    /// How long an idle client connection is kept for the next request.
    package var keepAliveTimeout = Duration.seconds(60)
    /// From the end of a request to the first byte of its answer, for sites that write neither `first_byte` nor `read`; nil:
    /// those keys' own.
    package var requestTimeout: Duration?
    /// Bytes.
    package var readBufferSize = 32 << 10
    /// Bytes.
    package var writeBufferSize = 32 << 10

    package init() {}
}
