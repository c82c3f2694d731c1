/// The kinds of answers that are no file.
package enum StaticRefusal: CaseIterable, Sendable {
    case badPath
    case forbidden
    case notFound
    case methodNotAllowed
    case preconditionFailed
    case rangeNotSatisfiable
    case tooManyFiles
    case failed

    /// The status code that tells a client.
    package var status: Int {
        switch self {
        case .badPath: 400
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .preconditionFailed: 412
        case .rangeNotSatisfiable: 416
        case .tooManyFiles: 503
        case .failed: 500
        }
    }
}
