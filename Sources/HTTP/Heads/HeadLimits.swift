/// How much a head may take; each limit is there because a peer decides the size and we hold the memory.
package struct HeadLimits: Sendable, Equatable {
    /// All bytes of the head with its final empty line: 431 (`head_too_large`). Default 16 KiB.
    package var maxHeadBytes = 16 * 1024
    /// The request target: 414 (`target_too_long`). Default 8 KiB.
    package var maxTargetBytes = 8 * 1024
    /// The number of field lines: 431 (`too_many_fields`). Default 100.
    package var maxFields = 100
    /// One field line, name and value with what stands between them: 431 (`field_too_large`). Default 8 KiB.
    package var maxFieldBytes = 8 * 1024

    package init() {}
}

/// Limits of a chunked body's own parts (RFC 9112 §7.1.1, §7.1.2: a recipient must bound both).
package struct ChunkLimits: Sendable, Equatable {
    /// One chunk-size line with its extensions, without CRLF. Default 256 bytes.
    package var maxSizeLineBytes = 256
    /// All chunk extensions of one body together, so that many tiny chunks cannot carry much ballast. Default 16 KiB.
    package var maxExtensionBytes = 16 * 1024
    /// The trailer section. Default 8 KiB and 32 fields.
    package var maxTrailerBytes = 8 * 1024
    package var maxTrailerFields = 32

    package init() {}
}
