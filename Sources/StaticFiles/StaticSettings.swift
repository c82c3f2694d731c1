package import ContentCodings
package import HTTP

/// What the operator decides about a site's files. Values are used as they are: the configuration checked them.
package struct StaticSettings: Sendable, Equatable {
    /// Names tried, in order, for a path that ends with a slash.
    package var indexFiles = ["index.html", "index.htm"]
    /// Whether files are compressed while they are sent.
    package var compressionEnabled = true
    /// Media types, without parameters, that are worth compressing; "+json" is all types whose name ends so. Types that are
    /// compressed already are never compressed.
    package var compressionTypes = [
        "text/html", "text/css", "text/javascript", "application/javascript", "application/json", "text/xml",
        "application/xml", "text/plain", "image/svg+xml", "application/manifest+json", "application/wasm", "+json", "+xml",
    ]
    /// What is offered to clients, the preferred one first.
    package var codings: [ContentCoding] = [.brotli, .zstd, .gzip]
    package var levels = EncodingLevels()
    /// What `Content-Type` says of the characters of texts; nil: nothing.
    package var charset: String? = "utf-8"
    /// Media types in place of those of the table, by extension in lower case; they may have parameters.
    package var mediaTypes: [String: String] = [:]
    /// Bytes below which a file is not compressed.
    package var minSize: UInt64 = 1024
    /// Whether `FILE.gz`, `FILE.br` and `FILE.zst`, if not older than `FILE`, are sent to those who accept them (for types worth
    /// compressing).
    package var precompressed = false
    package var etagEnabled = true
    package var lastModifiedEnabled = true
    /// Seconds for `Cache-Control: max-age`; nil sends no such field.
    package var maxAgeStatic: Int? = 3600
    /// How long clients may keep HTML, in seconds: a page is changed in its place, what it refers to can get another name.
    package var maxAgePages: Int? = 300
    /// Sent as `Cache-Control` instead of those made of the ages.
    package var cacheControl: String?
    /// Status code to file, relative to the site's directory; a leading slash is allowed.
    package var errorPages: [Int: String] = [:]

    /// Whether a directory without an index file is answered with a page of what is in it.
    package var listsDirectories = false

    package init() {}
}
