extension ConfigurationReference {
    static let globalSections = [
        Section(
            "", "Before the first table.",
            [
                Key(
                    "include", "list of files (or one)", .value("[]"),
                    """
                    Other files that are part of the configuration; `*`, `?` and `[…]` make patterns, as in `["sites/*.toml"]`. \
                    Relative names begin at the directory of the file that includes \
                    ([several-files.md](several-files.md)).
                    """),
                Key(
                    "compat", "`\"bws\"`", .none("strict"),
                    "Unknown keys become warnings, as with `--lenient`: for configurations written for BWS."),
            ]),
        Section(
            "server", "How this installation calls itself. Optional, as all of its keys.",
            [
                Key(
                    "name", "text", .value("\"gatehouse\""),
                    "The name in `Proxy-Status`, and in the line of the diagnostics log that tells of the start."),
                Key("version", "text", .none("the program's"), "In that line, beside the name."),
                Key("description", "text", .value("\"\""), "In that line, for people."),
                Key(
                    "state_dir", "directory", .value("\"/var/lib/gatehouse\""),
                    "Where certificates got by ACME are kept: it must stay ([certificates.md](certificates.md))."
                ),
                Key(
                    "volatile_state", "boolean", .value("false"),
                    """
                    Keep certificates of public authorities there though it is in memory alone (tmpfs), and ask for new ones \
                    after each start of the machine.
                    """),
                Key(
                    "user", "name of a user", .none("nobody else"),
                    """
                    Started as root, Gatehouse becomes this user for good, as soon as ports, logs, certificates and directories \
                    are open. A reload reads and binds as that user.
                    """),
                Key("group", "name of a group", .none("the user's own"), "And this group."),
            ]),
        loggingSection,
        Section(
            "performance", "How much of the machine is used.",
            [
                Key(
                    "worker_threads", "1 to 1024", .none("one per core"),
                    "Workers; each is an event loop on a thread of its own. A core that the process may not run on, or that its "
                        + "control groups give it no time for (`docker run --cpus`, `CPUQuota=`), is not counted."),
                Key("max_connections", "count", .value("1000"), "Client connections at once, over all workers."),
                Key(
                    "keep_alive_timeout", "duration", .value("60"),
                    "How long an idle client connection waits for its next request."),
                Key(
                    "request_timeout", "duration", .none("`sites.proxy.timeout`"),
                    """
                    From the whole request sent to the answer's first byte, for sites that write neither \
                    `timeout.first_byte` nor `timeout.read`.
                    """),
                Key("read_buffer_size", "size, 1 KB to 16 MB", .value("\"32KB\""), "Read buffer of a connection."),
                Key("write_buffer_size", "size, 1 KB to 16 MB", .value("\"32KB\""), "Write buffer of a connection."),
            ]),
        limits,
        Section(
            "security", "What holds for every site.",
            [
                Key(
                    "hide_server_header", "boolean", .value("false"),
                    "No `Server` field in answers, of upstreams and of Gatehouse alike."),
                Key(
                    "headers_on_proxied", "boolean", .none("`false`; `true` with `compat = \"bws\"`"),
                    "Whether upstreams' answers get those `security_headers` too that they lack."),
                Key(
                    "max_request_size", "size; 0: no limit", .value("\"10MB\""),
                    "The longest request body; longer ones are answered 413."),
                Key(
                    "allowed_origins", "list of origins", .value("[]"),
                    "Pages that may open WebSockets, where neither route nor site says so. Empty: all."),
                Key(
                    "trusted_proxies", "list of addresses or CIDR blocks", .value("[]"),
                    """
                    Peers whose `Forwarded` and `X-Forwarded-*` fields are believed and appended to. Everyone else's \
                    are replaced.
                    """),
            ]),
        Section(
            "security.security_headers",
            """
            Field names and values of every answer of files and of Gatehouse itself, where it has none of the name. \
            Not written: `X-Frame-Options = "DENY"`, \
            `X-Content-Type-Options = "nosniff"`, `X-XSS-Protection = "1; mode=block"`, \
            `Referrer-Policy = "strict-origin-when-cross-origin"`. \
            A written table replaces them all; an empty one adds none.
            """),
        Section(
            "security.rate_limiting",
            """
            How many requests one client may send to all sites together. No limit unless written. Over it: 429; see \
            [Protection](protection.md).
            """, rateKeys),
        Section(
            "file_cache",
            """
            What each worker remembers of static files, so that a file asked for often costs no system call. A file that \
            changes is noticed within `valid`.
            """,
            [
                Key(
                    "size", "size; 0: no cache", .value("\"16MB\""),
                    "Contents in memory. A content larger than a 64th of it, or than 1 MB, stays in its file."),
                Key("entries", "count", .value("1024"), "Files, each with its descriptor unless its content is in memory."),
                Key("valid", "duration, to the next whole second", .value("1"), "How long a file is not looked at again."),
            ]),
        Section(
            "dns", "How the names of upstreams are looked up: in `/etc/hosts` first, then by DNS.",
            [
                Key(
                    "servers", "list of addresses, with a port if it is not 53", .value("[]"),
                    "Name servers. None: those of `/etc/resolv.conf`, whose search list and options hold in any case."),
                Key(
                    "timeout", "duration", .value("2"),
                    "How long a server may take for its first answer; each further attempt gives it twice as long."),
                Key("attempts", "1 to 10", .value("2"), "How often each server is asked."),
                Key(
                    "min_ttl", "duration", .value("1"),
                    """
                    An answer is used at least so long, however short its TTL. Entries of `/etc/hosts` have none: this is \
                    theirs.
                    """),
                Key("max_ttl", "duration", .value("300"), "An answer is used no longer than this, however long its TTL."),
            ]),
        Section(
            "tls", "TLS towards clients and upstreams alike.",
            [
                Key(
                    "records", "`own`, `openssl`", .value("\"own\""),
                    """
                    Who protects the records of TLS 1.3 after the handshake: Gatehouse, with OpenSSL's ciphers and a fraction \
                    of the memory, or OpenSSL alone ([TLS](tls.md#records)).
                    """),
                Key(
                    "ticket_keys", "file", .none("keys of the process's own, replaced every two hours"),
                    """
                    Keys for session tickets, 80 bytes each, so that several gateways resume each other's sessions \
                    ([TLS](tls.md#resumption)).
                    """),
                Key(
                    "max_loaded_certificates", "16 to 1000000", .value("1000"),
                    """
                    How many certificates of `auto_cert` are in memory at once. Each is read by the first handshake that needs \
                    it; beyond that, those that were not asked for lately stay on the disk: [Certificates](certificates.md).
                    """),
                Key(
                    "expiry_threshold", "duration", .value("604800"),
                    """
                    How long before its end a site's certificate is in trouble, as `gatehouse status` and the metrics tell: a \
                    week; of short-lived ones a quarter of their life, if that is less.
                    """),
                Key(
                    "keylog_file", "file", .none("none"),
                    """
                    For tests: the secrets of all sessions, of clients and of upstreams, are appended to it, for Wireshark. Its \
                    mode is 0600. Warned about at each start; a change takes effect at the next one.
                    """),
            ]),
        managementSection,
    ]

    private static let limits = Section(
        "limits",
        "What one client or one exchange may use. Every limit has a default: whatever has none is a way to take the machine.",
        [
            Key(
                "max_head_bytes", "size, 1 KB to 1 MB", .value("\"16KB\""),
                """
                Request line and fields together, of requests and of answers. A head is held whole: this bounds its \
                memory. Over it: 431.
                """),
            Key(
                "max_target_bytes", "size, 256 B to 1 MB", .value("\"8KB\""),
                "The request target. RFC 9112 §3 recommends at least 8000. Over it: 414."),
            Key("max_fields", "8 to 10000", .value("100"), "Fields of a head: each costs work beyond its bytes. Over it: 431."),
            Key("max_field_bytes", "size, 256 B to 1 MB", .value("\"8KB\""), "One field's name and value. Over it: 431."),
            Key(
                "max_trailer_bytes", "size, to 1 MB", .value("\"8KB\""),
                "Trailer fields together: they come after the head was let through."),
            Key(
                "max_chunk_extension_bytes", "size, to 1 MB", .value("\"1KB\""),
                "Chunk extensions of one body together: nobody uses them, so more is an attack (RFC 9112 §7.1.1)."),
            Key(
                "max_requests_per_connection", "count; 0: no limit", .value("10000"),
                "Then the connection is closed in order: clients are spread again after a change of workers."),
            Key(
                "max_connections_per_client", "count; 0: no limit", .value("0"),
                "Connections of one address at once. Off, because many people may share an address."),
            Key(
                "http2_streams", "1 to 10000", .value("128"),
                "Requests under way at a time on one HTTP/2 connection. Over it: the stream is refused."),
            Key(
                "http2_resets", "count, from 1", .value("500"),
                """
                Streams of one HTTP/2 connection that end by a reset, whoever sends it: so many at once, and as many again in 30 \
                seconds. A request that is taken back has cost us all the same. Over it: GOAWAY, ENHANCE_YOUR_CALM.
                """),
            Key(
                "http2_control_frames", "count, from 16", .value("2000"),
                """
                Frames of one HTTP/2 connection that move nothing (SETTINGS, PING, PRIORITY, WINDOW_UPDATE, empty DATA): so many \
                at once, and as many again in 10 seconds; streams and data that is sent earn more. Over it: GOAWAY, \
                ENHANCE_YOUR_CALM.
                """),
            Key(
                "http2_window", "size, to 1 GB", .value("\"16MB\""),
                """
                By how much all windows of one HTTP/2 connection together may grow, each from 64 KiB, while uploads use them: \
                what a client may be ahead of an upstream that does not take it.
                """),
            Key("handshake_timeout", "duration", .value("10"), "From accept to the end of the TLS handshake."),
            Key(
                "head_timeout", "duration", .value("10"),
                "From a head's first byte to its last: a head sent byte by byte holds a connection."),
            Key("body_timeout", "duration", .value("30"), "The longest pause within a request's body."),
            Key("send_timeout", "duration", .value("30"), "The longest time in which the client takes nothing of an answer."),
            Key(
                "half_close_grace", "duration; 0: none", .value("10"),
                """
                How long a client of a plain listener that ends its sending side behind a whole HTTP/1 request (`nc -N`, the \
                wget of BusyBox) is still waited for if nothing is sent to it. Closing the connection looks the same until \
                something is sent and does not come back: from then on it is a client as any other. An upstream works for so \
                long for one that has gone. 0: it is taken as gone at once (499).
                """),
            Key(
                "keep_alive_timeout", "duration", .none("`performance.keep_alive_timeout`"),
                "The longest pause between two requests."),
            Key(
                "http2_ping", "duration; 0: never", .value("0"),
                """
                Silence of an idle HTTP/2 connection after which its client is sent a PING, again and again. One that has not \
                answered by the next is gone, and its connection is closed. The others are closed by `keep_alive_timeout` as ever.
                """),
            Key(
                "min_body_rate", "size per second; 0: no limit", .value("100"),
                """
                The least average rate of a request's body, over the time spent waiting for the client: a byte every 29 \
                seconds passes `body_timeout` for ever. Below it: 408.
                """),
            Key(
                "min_body_rate_grace", "duration; 0: none", .value("30"),
                "Waiting for the client that long is allowed before the rate counts: mobile networks pause."),
            Key(
                "drain_delay", "duration; 0: none", .value("0"),
                """
                How long Gatehouse goes on as before after the order to stop, but for `sites.health_path`, which says 503: who \
                sends clients here has so long to notice.
                """),
            Key(
                "drain_timeout", "duration; 0: at once", .value("30"),
                "How long exchanges in flight may take after the order to stop."),
            Key(
                "upgrade_drain", "duration; 0: none", .value("3600"),
                """
                How long a process whose place another has taken ([Reload](reload.md#upgrading)) leaves its exchanges and \
                WebSockets alone; then it stops as by SIGTERM.
                """),
            Key(
                "reload_close_window", "duration; 0: at once", .value("10"),
                "Over how long the closes of WebSockets are spread whose route a reload has removed."),
            Key(
                "lingering_timeout", "duration; 0: off", .value("5"),
                """
                How long a closing connection is still read while its client sends nothing, so that it sees the answer and not \
                a reset (RFC 9112 §9.6).
                """),
            Key(
                "lingering_time", "duration", .value("60"),
                "How long it is read in all: an upload that goes on after its answer is not cut while it moves."),
            Key("tunnel_idle", "duration", .value("3600"), "A WebSocket without a byte in either direction."),
            Key("tunnel_lifetime", "duration; 0: no limit", .value("0"), "A WebSocket's longest life."),
            Key(
                "tunnel_ping", "duration; 0: off", .value("0"),
                "Silence on a WebSocket before the gateway pings both sides. Three pings without any answer end it."),
            Key(
                "tunnel_stall", "duration; 0: no limit", .value("60"),
                "A WebSocket's side that takes nothing for so long while bytes wait for it; it is closed with code 1013."),
            Key(
                "max_tunnels_per_client", "count; 0: no limit", .value("0"),
                """
                WebSockets of one address (of one /64 block of IPv6) at once; over it: 503. Off, because many people may \
                share an address.
                """),
            Key(
                "max_compressions", "count; 0: none", .value("256"),
                """
                Answers of upstreams that a worker compresses at the same time (`sites.compression.proxied`), each with up to \
                a megabyte of the encoder's memory; further ones are sent as they are.
                """),
            Key(
                "file_threads", "count, 1 to 256", .value("8"),
                """
                Threads of the process that look for files and read what is not in memory. As many disks or file servers may \
                hang at a time before others notice.
                """),
            Key(
                "file_reads", "count", .value("1024"),
                "Requests that may wait for one of these threads to look for their file. Over it: 503 `file_busy`."),
            Key(
                "file_timeout", "duration", .value("30"),
                "How long a request waits for a file system; over it: 503 `file_stalled`, or a cut if its answer has begun."),
            Key(
                "buffer_memory", "size, 4 KB to 16 MB", .value("\"64KB\""),
                "What of a stored request's body stays in memory (`buffer_requests`); longer ones go to disk."),
            Key(
                "buffer_disk", "size", .value("\"1GB\""),
                "Bytes of all stored requests together that may be on disk. Over it: 503 `request_storage_full`."),
            Key(
                "buffer_dir", "directory", .value("\"/var/tmp\""),
                "Where they are: files without names, gone with the request. A file system in memory would make it pointless."),
            Key(
                "max_idle_upstream_connections", "count; 0: none is reused", .value("512"),
                "Idle connections that a worker keeps to one upstream: enough for bursts, bounded for the upstream."),
            Key("upstream_idle_timeout", "duration", .value("60"), "How long it keeps them."),
            Key(
                "handshake_failure_lines", "0 to 100000", .value("20"),
                """
                Lines that a worker writes in a second about TLS handshakes that failed; the others are counted alone, and the \
                next line says how many they were (`unsaid`). 0: none is written.
                """),
            Key(
                "rate_limited_clients", "1000 to 10000000", .value("1000000"),
                """
                Clients that each rate limit remembers at the same time, at about 34 bytes each; memory is taken as they come. \
                Beyond them those that have used least are forgotten.
                """),
        ])
}
