// What sites and routes say of requests to upstreams.
extension ConfigurationReference {
    /// - Parameter common: what holds where it is not written.
    static func maxRequestSizeKey(_ common: String) -> Key {
        Key("max_request_size", "size; 0: no limit", .none(common), "The longest body of a request to an upstream. Over it: 413.")
    }

    static func bufferRequestsKey(_ standard: Key.Default) -> Key {
        Key(
            "buffer_requests", "boolean", standard,
            """
            Take a request's whole body, in memory or on disk, before any of it goes to an upstream, and send it with a \
            `Content-Length`: [Stored requests](upstreams.md#stored-requests).
            """)
    }

    /// The tables of a route.
    static func requestSections(of keyPath: String) -> [Section] {
        [
            Section(
                "\(keyPath).timeout",
                """
                In place of the site's `[sites.proxy.timeout]`, for this route. `connect` and `tls_handshake` belong to the \
                pool.
                """,
                [
                    Key("read", "duration", .none("the site's"), "The longest wait for the next bytes of an answer."),
                    Key("stream_idle", "duration", .none("the site's"), "The same for answers of the type `text/event-stream`."),
                    Key("write", "duration", .none("the site's"), "The longest time in which the upstream takes nothing."),
                    Key(
                        "first_byte", "duration", .none("`read`, if that is written here; else the site's"),
                        "From the whole request sent to the answer's first byte."),
                ]),
            Section(
                "\(keyPath).retry",
                "In place of the site's `[sites.proxy.retry]`, for this route. `budget_percent` belongs to the pool.",
                [
                    Key("retries", "0 to 100", .none("the site's"), "Further attempts after the first."),
                    Key("retry_on", "as in `[sites.proxy.retry]`", .none("the site's"), "What is retried."),
                    Key("replay_limit", "size, 0 to 1 MB", .none("the site's"), "Bytes of a body that are kept for it."),
                ]),
        ]
    }
}
