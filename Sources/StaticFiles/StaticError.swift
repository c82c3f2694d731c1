/// Why a file cannot be served; `reason` is for the log and is never sent to a client.
package enum StaticError: Error, Equatable, Sendable {
    /// The path cannot be read as a path (400).
    case badPath(reason: String)
    /// There is no such file, or it is hidden (404).
    case notFound(reason: String)
    /// The file is there and must not be served (403).
    case forbidden(reason: String)
    /// The process or the system has no descriptor left (503).
    case tooManyFiles(reason: String)
    /// The file became shorter while it was sent: the transfer must be cut, visibly.
    case truncated(missing: UInt64)
    /// The file was written to while it was sent: what was sent and what would follow may be of two contents.
    case changed
    /// The directory or this kernel cannot be used at all; found at start-up.
    case unusable(reason: String)
    /// Anything else, with the system's words (500).
    case other(reason: String)

    /// What a client is told.
    package var refusal: StaticRefusal {
        switch self {
        case .badPath: .badPath
        case .notFound: .notFound
        case .forbidden: .forbidden
        case .tooManyFiles: .tooManyFiles
        case .truncated, .changed, .unusable, .other: .failed
        }
    }

    /// The words for the log.
    package var reason: String {
        switch self {
        case .badPath(let reason), .notFound(let reason), .forbidden(let reason), .tooManyFiles(let reason),
            .unusable(let reason), .other(let reason):
            reason
        case .changed: "the file was written to while it was sent"
        case .truncated(let missing): "the file became shorter while it was sent: \(missing) bytes missing"
        }
    }
}
