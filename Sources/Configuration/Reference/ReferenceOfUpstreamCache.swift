extension ConfigurationReference {
    static let upstreamCacheSection = Section(
        "sites[].cache_upstream",
        """
        What is kept of upstreams' answers, to answer the next who asks for the same, by RFC 9111. The table's presence switches \
        it on. See [Cache](cache.md).
        """,
        [
            Key("enabled", "boolean", .value("true"), "`false`: as if the table were not there."),
            Key(
                "max_memory", "size", .value("\"32MB\""),
                "What each worker keeps for the site; what has not been asked for the longest time makes room."),
            Key("max_object", "size", .value("\"1MB\""), "Larger answers are not kept, nor larger ones than `max_memory`."),
            Key(
                "disk_dir", "directory", .none("none"),
                """
                Where answers are kept on disk besides, for all workers, and found again after a restart. It must be there, and \
                be writable for Gatehouse alone.
                """),
            Key(
                "disk_size", "size", .value("\"1GB\""),
                """
                Of all answers there; what has not been asked for the longest time makes room. Counted are a file system's \
                blocks.
                """),
            Key(
                "disk_answers", "count", .value("100000"),
                "Answers there; of each one its URL and about 500 bytes are kept in memory."),
            Key(
                "default_ttl", "duration", .value("\"0s\""),
                "For how long answers are fresh that do not say so themselves. Zero: these are not kept."),
            Key(
                "stale_while_revalidate", "duration", .value("\"0s\""),
                """
                For how long a stale answer is sent while it is asked for anew, where the answer does not say so itself \
                (`stale-while-revalidate`, RFC 5861).
                """),
            Key(
                "stale_if_error", "duration", .value("\"0s\""),
                """
                For how long a stale answer is sent when the upstream cannot be reached, or answers 500, 502, 503 or 504, where \
                the answer does not say so itself (`stale-if-error`, RFC 5861).
                """),
            Key(
                "lock_timeout", "duration", .value("\"5s\""),
                "For how long a request waits for the answer to another one for the same. Zero: each asks for himself."),
            Key(
                "client_directives", "boolean", .value("false"),
                """
                Whether `Cache-Control` and `Pragma` of requests count. They let a client have each of its requests go to the \
                upstream; RFC 9111 leaves the choice.
                """),
        ])
}
