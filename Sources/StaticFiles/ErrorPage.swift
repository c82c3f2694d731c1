/// A page of the operator's for an error status.
package struct ErrorPage {
    /// The value of `Content-Type`.
    package let mediaType: String
    package let body: FileBody
    /// The length of the body, in bytes.
    package let length: UInt64
}

extension StaticSite {
    /// The configured pages: status and file as written, in the order of the statuses.
    package var errorPages: [(status: Int, file: String)] {
        errorPagePaths.keys.sorted().map { ($0, settings.errorPages[$0] ?? "") }
    }

    /// The search for the operator's page for a status, whose answer `errorPage` takes. It is remembered as the site's files are,
    /// but nobody can ask for it by that.
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - cache: the worker's.
    /// - Returns: nil if none is configured.
    package func searchErrorPage(_ status: Int, now: Int64, cache: StaticCache?) -> FileSearch? {
        guard let path = errorPagePaths[status] else { return nil }
        return FileSearch(
            self, Self.goal(path), at: path, method: .get, conditions: StaticConditions(), now: now, cache: cache)
    }

    /// The page for a status.
    /// - Parameter answer: what the search for it has ended with.
    /// - Throws: why it cannot be read.
    package func errorPage(_ status: Int, from answer: StaticAnswer) throws(StaticError) -> ErrorPage {
        guard let path = errorPagePaths[status], let body = answer.body, let length = answer.contentLength else {
            throw .other(reason: answer.reason)
        }
        return ErrorPage(mediaType: kind(of: path.relative).type.field, body: body, length: length)
    }

    /// Why the page for a status cannot be read now; nil if it can. May block.
    package func problem(ofErrorPage status: Int) -> String? {
        guard let path = errorPagePaths[status] else { return nil }
        switch FileLookup(site: self, goal: Self.goal(path), known: nil, isStale: true, closer: nil).run() {
        case .entry: return nil
        case .nothing(let error, _), .noDirectory(let error): return error.reason
        }
    }

    private static func goal(_ path: RequestPath) -> FileLookup.Goal { .page(Array(path.relative.dropFirst())) }
}
