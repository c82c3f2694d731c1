/// What a site or one of its routes says of requests to upstreams; nil where it says nothing.
package struct RequestSettings: Sendable, Equatable {
    /// The bytes that a body may have; 0: no limit.
    package var maxRequestSize: Int?
    /// Are bodies taken whole before they are sent on?
    package var bufferRequests: Bool?
    /// Of routes alone.
    package var timeout = RouteTimeouts()
    /// Of routes alone.
    package var retry = RouteRetry()

    package init() {}
}

/// `[sites.proxy.routes.timeout]`: as ``ProxyTimeouts``, where the route says something.
package struct RouteTimeouts: Sendable, Equatable {
    package var read: Duration?
    package var streamIdle: Duration?
    package var write: Duration?
    package var firstByte: Duration?

    package init() {}
}

/// `[sites.proxy.routes.retry]`: as ``Retry``, where the route says something.
package struct RouteRetry: Sendable, Equatable {
    package var retries: Int?
    package var conditions: [Retry.Condition]?
    package var replayLimit: Int?

    package init() {}
}

extension RequestSettings {
    /// - Parameter table: a site's, or a route's.
    init(reading table: TableReader, isRoute: Bool) {
        table.readSize("max_request_size", into: &maxRequestSize, in: 0...(1 << 50))
        table.read("buffer_requests", into: &bufferRequests)
        guard isRoute else { return }
        let timeouts = table.table("timeout")
        if timeouts.mayBeWritten {
            timeouts.readDuration("read", into: &timeout.read)
            timeouts.readDuration("stream_idle", into: &timeout.streamIdle)
            timeouts.readDuration("write", into: &timeout.write)
            timeouts.readDuration("first_byte", into: &timeout.firstByte)
            timeouts.finish()
        }
        let retries = table.table("retry")
        if retries.mayBeWritten {
            retries.read("retries", into: &retry.retries, in: 0...100)
            retry.conditions = Retry.readConditions(retries)
            retries.readSize("replay_limit", into: &retry.replayLimit, in: 0...1 << 20)
            retries.finish()
        }
        if bufferRequests == true, table.has("request_trailers") {
            table.error(
                at: "request_trailers",
                "does nothing with buffer_requests: a request that is sent with its length has no trailers",
                hint: "keep one of them")
        }
    }

    /// The keys of a route that its own answers have no use for.
    static let keys = ["max_request_size", "buffer_requests", "timeout", "retry"]
}
