extension ServerIdentity {
    init(reading table: TableReader) {
        table.read("name", into: &name)
        table.read("version", into: &version)
        table.read("description", into: &description)
        if let text = table.string(["state_dir"], allowEmpty: false) { stateDir = text.value }
        table.read("volatile_state", into: &volatileState)
        user = table.string(["user"], allowEmpty: false)?.value
        group = table.string(["group"], allowEmpty: false)?.value
        table.finish()
    }
}

extension Performance {
    init(reading table: TableReader) {
        table.read("worker_threads", into: &workerThreads, in: 1...1024)
        table.read("max_connections", into: &maxConnections, in: 1...10_000_000)
        table.readDuration("keep_alive_timeout", into: &keepAliveTimeout)
        table.readDuration("request_timeout", into: &requestTimeout)
        let sizes = 1024...(16 << 20)
        table.readSize("read_buffer_size", into: &readBufferSize, in: sizes)
        table.readSize("write_buffer_size", into: &writeBufferSize, in: sizes)
        table.finish()
    }
}

extension Limits {
    init(reading table: TableReader, keepAliveTimeout inherited: Duration) {
        keepAliveTimeout = inherited
        table.readSize("max_head_bytes", into: &maxHeadBytes, in: 1024...(1 << 20))
        table.readSize("max_target_bytes", into: &maxTargetBytes, in: 256...(1 << 20))
        table.read("max_fields", into: &maxFields, in: 8...10_000)
        table.readSize("max_field_bytes", into: &maxFieldBytes, in: 256...(1 << 20))
        table.readSize("max_trailer_bytes", into: &maxTrailerBytes, in: 0...(1 << 20))
        table.readSize("max_chunk_extension_bytes", into: &maxChunkExtensionBytes, in: 0...(1 << 20))
        table.read("max_requests_per_connection", into: &maxRequestsPerConnection, in: 0...1_000_000_000)
        table.read("max_connections_per_client", into: &maxConnectionsPerClient, in: 0...10_000_000)
        table.read("http2_streams", into: &http2Streams, in: 1...10_000)
        table.read("http2_resets", into: &http2Resets, in: 1...1_000_000)
        table.read("http2_control_frames", into: &http2ControlFrames, in: 16...1_000_000)
        table.readSize("http2_window", into: &http2Window, in: 0...(1 << 30))
        table.readDuration("handshake_timeout", into: &handshakeTimeout)
        table.readDuration("head_timeout", into: &headTimeout)
        table.readDuration("body_timeout", into: &bodyTimeout)
        table.readDuration("send_timeout", into: &sendTimeout)
        table.readDuration("half_close_grace", into: &halfCloseGrace, orZero: true)
        table.readDuration("keep_alive_timeout", into: &keepAliveTimeout)
        table.readDuration("http2_ping", into: &http2Ping, orZero: true)
        if http2Ping >= keepAliveTimeout {
            table.error(
                at: "http2_ping", "does nothing: a connection that is idle so long is closed by keep_alive_timeout",
                hint: "half of keep_alive_timeout, or less")
        }
        table.readSize("min_body_rate", into: &minBodyRate, in: 0...(1 << 30))
        table.readDuration("min_body_rate_grace", into: &minBodyRateGrace, orZero: true)
        table.readDuration("drain_delay", into: &drainDelay, orZero: true)
        table.readDuration("drain_timeout", into: &drainTimeout, orZero: true)
        table.readDuration("upgrade_drain", into: &upgradeDrain, orZero: true)
        table.readDuration("reload_close_window", into: &reloadCloseWindow, orZero: true)
        table.readDuration("lingering_timeout", into: &lingeringTimeout, orZero: true)
        table.readDuration("lingering_time", into: &lingeringTime)
        table.readDuration("tunnel_idle", into: &tunnelIdle)
        table.readDuration("tunnel_lifetime", into: &tunnelLifetime, orZero: true)
        table.readDuration("tunnel_ping", into: &tunnelPing, orZero: true)
        table.readDuration("tunnel_stall", into: &tunnelStall, orZero: true)
        table.read("max_tunnels_per_client", into: &maxTunnelsPerClient, in: 0...10_000_000)
        table.read("max_compressions", into: &maxCompressions, in: 0...100_000)
        table.read("file_threads", into: &fileThreads, in: 1...256)
        table.read("file_reads", into: &fileReads, in: 1...100_000)
        table.readDuration("file_timeout", into: &fileTimeout)
        table.readSize("buffer_memory", into: &bufferMemory, in: 4096...(16 << 20))
        table.readSize("buffer_disk", into: &bufferDisk, in: 0...(1 << 50))
        if let text = table.string(["buffer_dir"], allowEmpty: false) { bufferDir = text.value }
        table.read("max_idle_upstream_connections", into: &maxIdleUpstreamConnections, in: 0...100_000)
        table.readDuration("upstream_idle_timeout", into: &upstreamIdleTimeout)
        table.read("handshake_failure_lines", into: &handshakeFailureLines, in: 0...100_000)
        table.read("rate_limited_clients", into: &rateLimitedClients, in: 1000...10_000_000)
        table.finish()
        checkTogether(table)
    }

    /// Limits that others leave nothing to do.
    private func checkTogether(_ table: TableReader) {
        for (key, size) in [("max_target_bytes", maxTargetBytes), ("max_field_bytes", maxFieldBytes)] where size > maxHeadBytes {
            table.warnUseless(key, because: "no head has more than max_head_bytes, which is less")
        }
        if lingeringTimeout > lingeringTime {
            table.warnUseless("lingering_timeout", because: "lingering_time is over before")
        }
    }
}

extension Security {
    init(reading table: TableReader) {
        table.read("hide_server_header", into: &hideServerHeader)
        // As BWS documents it.
        headersOnProxied = table.reading.isForBWS
        table.read("headers_on_proxied", into: &headersOnProxied)
        table.readSize("max_request_size", into: &maxRequestSize, in: 0...(1 << 50))
        allowedOrigins = table.origins("allowed_origins") ?? []
        let headers = table.table("security_headers")
        if headers.isWritten { securityHeaders = headers.headerFields() }
        rateLimiting = RateLimiting(reading: table.table("rate_limiting"))
        trustedProxies = table.believedBlocks("trusted_proxies")
        table.finish()
    }
}
