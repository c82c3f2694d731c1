/// A page of the operator's for an error status.
package struct ErrorPage {
    /// The value of `Content-Type`.
    package let mediaType: String
    package let body: FileBody
    /// Of the body.
    package let length: UInt64
}

extension StaticSite {
    /// The configured pages: status and file as written, in the order of the statuses.
    package var errorPages: [(status: Int, file: String)] {
        errorPagePaths.keys.sorted().map { ($0, settings.errorPages[$0] ?? "") }
    }

    /// The operator's page for a status. It is remembered as the site's files are, but nobody can ask for it by that.
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - cache: the worker's, to look in first.
    /// - Returns: nil if none is configured.
    /// - Throws: why it cannot be read, as `Directory.open`.
    package func errorPage(_ status: Int, now: Int64, from cache: StaticCache?) throws(StaticError) -> ErrorPage? {
        guard let path = errorPagePaths[status] else { return nil }
        let root = try directory(now: now, from: cache)
        let request = StaticRequest(
            path: path, method: .get, conditions: StaticConditions(), now: now, cache: cache, root: root)
        let page = try served(request).plain
        cache?.load(page, at: path, in: root, now: now)
        return ErrorPage(
            mediaType: kind(of: path.relative).type.field, body: try page.body(settings.levels),
            length: page.length ?? page.facts.size)
    }

    /// Why the page for a status cannot be read now; nil if it can.
    package func problem(ofErrorPage status: Int) -> String? {
        do throws(StaticError) {
            _ = try errorPage(status, now: 0, from: nil)
            return nil
        } catch {
            return error.reason
        }
    }

    private func served(_ request: StaticRequest) throws(StaticError) -> ServedFile {
        if let known = request.cache?.file(at: request.path, in: request.root, now: request.now),
            known.plain.file?.isUnchanged ?? true
        {
            return known
        }
        let name = Array(request.path.relative.dropFirst())
        guard case .file(let file) = try request.root.open(name.span, hiddenAllowed: true) else {
            throw .forbidden(reason: "it is a directory")
        }
        let found = describe(file, name: name, request)
        return request.cache?.keep(found, at: request.path, in: request.root, now: request.now) ?? found
    }
}
