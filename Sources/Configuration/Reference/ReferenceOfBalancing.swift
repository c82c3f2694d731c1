extension ConfigurationReference {
    static let balancingSection = Section(
        "sites[].proxy.load_balancing", "How requests are spread over a pool. `docs/upstreams.md` explains the methods.",
        [
            Key(
                "method", "`round_robin`, `weighted`, `least_connections`, `least_conn`, `random_two`, `least_time`, `hash`",
                .value("\"round_robin\""), "`least_conn` is `least_connections`."),
            Key(
                "hash_on", "`client`, `path`, `header:NAME`, `cookie:NAME`", .value("\"client\""),
                "What the method `hash` looks at. Requests without the field or cookie belong together."),
            Key("sticky_sessions", "boolean", .value("false"), "Keep a client on its upstream, by a signed cookie."),
            Key("sticky_cookie", "name", .value("\"gatehouse_server\""), "The cookie's name."),
            Key(
                "sticky_same_site", "`lax`, `strict`, `none`", .value("\"lax\""),
                """
                `SameSite` of the cookie. `none` for a site that others show in a frame, or call from their pages: browsers keep \
                all other cookies back there, and each request goes to any server. The cookie is then `Secure` on every site, \
                and browsers take it over TLS alone.
                """),
            Key(
                "sticky_secret", "text", .none("a new one at each start"),
                "Signs the cookie. Write it so that clients stay where they are over restarts and between gateways."),
            Key(
                "slow_start", "duration or 0", .value("0"),
                "A recovered upstream gets a tenth of its weight at first and all of it after this time."),
            Key(
                "queue", "0 to 1000000", .value("100"),
                "Requests of a pool that may wait for room under `max_conns`; more get 503."),
            Key("queue_timeout", "duration", .value("5"), "How long they wait; then they get 503."),
            Key(
                "panic_percent", "0 to 100", .value("25"),
                "When a smaller share of a pool is healthy, all are tried, as if nothing were known of their health."),
        ])

    static let healthSections = [
        Section(
            "sites[].proxy.retry", "When a failed request is sent again, to another upstream if there is one.",
            [
                Key("retries", "0 to 100", .value("2"), "Further attempts after the first."),
                Key(
                    "retry_on", "list of `connect`, `closed`, `timeout`, `500`, `502`, `503`, `504`",
                    .value("[\"connect\", \"closed\"]"),
                    """
                    `connect`: no connection or no TLS, so nothing was sent; any method. All others only for idempotent methods \
                    (RFC 9110 §9.2.2): `closed`: the connection ended before any byte of an answer; `timeout`: no answer in \
                    time; a status: that answer.
                    """),
                Key(
                    "replay_limit", "size, 0 to 1 MB", .value("\"64KB\""),
                    "A body up to this size is kept to be sent again; a request with a larger one is not retried."),
                Key(
                    "budget_percent", "0 to 100", .value("20"),
                    "Retries for every 100 requests of a pool, so that retries cannot multiply the load. `connect` is free."),
            ]),
        Section(
            "sites[].proxy.passive_health", "Judging upstreams by what becomes of requests.",
            [
                Key(
                    "max_fails", "0 to 1000000", .value("5"),
                    """
                    Failures in a row (no connection, no or a broken answer, a 5xx but 501 and 505) that eject an upstream; \
                    0: never.
                    """),
                Key("fail_percent", "0 to 100", .value("0"), "The share of failures in `window` that ejects it; 0: never."),
                Key("window", "duration", .value("10"), "For `fail_percent`; fewer than 20 requests say nothing."),
                Key("eject_time", "duration", .value("10"), "How long the first ejection lasts; the n-th lasts n times as long."),
                Key("max_eject_time", "duration", .value("300"), "The longest ejection."),
                Key(
                    "circuit_fails", "0 to 1000000", .value("5"),
                    """
                    Failed connects in a row that open an upstream's circuit: nothing is sent but one trial from time to time. \
                    0: never. When all circuits of a pool are open, answers are 502 at once, with `Retry-After`.
                    """),
                Key("circuit_open", "duration", .value("1"), "Until the first trial; each one that fails doubles it."),
                Key("circuit_max_open", "duration", .value("30"), "The longest time between trials."),
            ]),
        Section(
            "sites[].proxy.health_check", "Asking upstreams whether they are healthy.",
            [
                Key("enabled", "boolean", .value("false"), "Whether they are asked."),
                Key(
                    "type", "`http`, `tcp`, `grpc`", .value("\"http\""),
                    "A GET of `path`, just a connection, or gRPC's health check (`grpc.health.v1`); over TLS for `https`."),
                Key("service", "name", .value("\"\""), "The gRPC service whose health is asked for; none: the server's own."),
                Key("path", "path", .value("\"/health\""), "What is asked for, below the upstream's own path."),
                Key("host", "text", .none("the upstream's own"), "The value of `Host`."),
                Key(
                    "expect", "list of statuses and runs of them", .value("[\"200-399\"]"),
                    "The statuses of a healthy upstream."),
                Key("interval", "duration", .value("30"), "How often, give or take a tenth.", also: ["interval_seconds"]),
                Key("timeout", "duration", .value("5"), "How long an answer may take."),
                Key("retries", "1 to 1000", .value("3"), "Failures in a row that make an upstream unhealthy.", also: ["fall"]),
                Key("rise", "1 to 1000", .value("2"), "Successes in a row that make it healthy again."),
            ]),
    ]
}
