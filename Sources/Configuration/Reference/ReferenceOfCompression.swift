extension ConfigurationReference {
    static let compressionSection = Section(
        "sites[].compression",
        "Compression of static files, and with `proxied` of upstreams' answers: see [Compression](compression.md).",
        [
            Key("enabled", "boolean", .value("true"), "Whether anything is compressed."),
            Key(
                "types", "list of media types",
                .value(
                    """
                    ["text/html", "text/css", "text/javascript", "application/javascript", "application/json", "text/xml", \
                    "application/xml", "text/plain", "image/svg+xml", "application/manifest+json", "application/wasm", "+json", \
                    "+xml"]
                    """),
                """
                What is compressed. `+json` is every type of that structure (RFC 6838 §4.2.8), such as \
                `application/problem+json`.
                """),
            Key(
                "codings", "list of `br`, `zstd`, `gzip`", .value("[\"br\", \"zstd\", \"gzip\"]"),
                "What is offered. The client's weights decide; where it likes several equally, the first of the list."),
            Key("level", "0 to 9", .value("6"), "Of gzip, from fast to small, as zlib counts."),
            Key("brotli_level", "0 to 11", .value("4"), "Of br, as libbrotli counts. Above 9 it takes very long."),
            Key("zstd_level", "1 to 19", .value("3"), "Of zstd, as libzstd counts."),
            Key("min_size", "size", .value("1024"), "Smaller bodies are sent as they are: the gain would be nothing."),
            Key(
                "precompressed", "boolean", .value("false"),
                "`FILE.br`, `FILE.zst` and `FILE.gz`, if not older than `FILE`, are sent to those who accept their coding."),
            Key(
                "proxied", "boolean", .value("false"),
                "Whether answers of upstreams that are not compressed yet are compressed on their way."),
            Key(
                "with_cookies", "boolean", .value("false"),
                """
                With `proxied`: also answers that set cookies. Their length may tell what is secret in them (BREACH), where a \
                page shows what somebody else has sent.
                """),
        ])

    static let mediaTypesSection = Section(
        "sites[].media_types",
        """
        Extension and media type: `wasm = "application/wasm"`. It stands in place of what Gatehouse knows of the extension; \
        parameters stand as they are written.
        """)
}
