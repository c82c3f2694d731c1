/// `[sites.compression]`.
package struct Compression: Sendable, Equatable {
    /// A content coding, by its name in `Content-Encoding`.
    package enum Coding: String, Sendable, CaseIterable {
        case brotli = "br"
        case zstd
        case gzip
    }

    package var enabled = true
    /// Media types, lower case, without parameters. One that begins with "+" stands for all of that structure (RFC 6838 §4.2.8).
    package var types = [
        "text/html", "text/css", "text/javascript", "application/javascript", "application/json", "text/xml",
        "application/xml", "text/plain", "image/svg+xml", "application/manifest+json", "application/wasm", "+json", "+xml",
    ]
    /// What is offered to clients, the preferred one first; at least one, each once.
    package var codings = Coding.allCases
    /// 0…9, as zlib counts.
    package var level = 6
    /// 0…11, as libbrotli counts.
    package var brotliLevel = 4
    /// 1…19, as libzstd counts.
    package var zstdLevel = 3
    /// Bytes; smaller bodies are sent as they are.
    package var minSize = 1024
    /// Whether `FILE.gz` (`.br`, `.zst`) beside `FILE` is sent as its compressed form.
    package var precompressed = false
    /// Whether answers of upstreams are compressed, too.
    package var proxied = false
    /// Whether those that set cookies are.
    package var withCookies = false

    package init() {}
}
