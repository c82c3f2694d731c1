import HTTP

/// A site's files: what to answer to a request for one of them. Immutable: shared by all workers.
package final class StaticSite: Sendable {
    private let directory: Directory
    private let settings: StaticSettings
    private let indexFiles: [[UInt8]]
    private let cacheControl: String?
    /// The extensions of `MediaType.table` whose files are worth compressing.
    private let compressible: Set<String>
    private let compressesUnknown: Bool

    /// Errors: `.unusable`, see `Directory.init(path:)`.
    package init(path: String, settings: StaticSettings) throws(StaticError) {
        directory = try Directory(path: path)
        self.settings = settings
        indexFiles = settings.indexFiles.map { Array($0.utf8) }
        cacheControl = settings.cacheControl ?? settings.maxAgeStatic.map { "public, max-age=\($0)" }
        let types = Set(settings.compressionTypes.map(MediaType.canonical))
        func isWorthIt(_ type: MediaType) -> Bool {
            !type.isCompressed && types.contains(MediaType.canonical(type.essence))
        }
        compressible = Set(MediaType.table.filter { isWorthIt($0.value) }.keys)
        compressesUnknown = isWorthIt(.unknown)
    }

    /// Answers a request. `path`: what the client asked for, beginning with "/", dot segments resolved, without query; percent
    /// escapes are decoded here, once. `now`: seconds since 1970.
    /// Never throws: a failure is an answer, with `reason` for the log.
    package func answer(
        path: Span<UInt8>, method: StaticMethod, conditions: StaticConditions, now: Int64
    ) -> StaticAnswer {
        guard method != .other else {
            var answer = page(status: 405, method: method, reason: "static files answer only GET and HEAD")
            // RFC 9110 §15.5.6: a 405 says what is allowed.
            answer.fields.append(StaticField("Allow", "GET, HEAD"))
            return answer
        }
        do throws(StaticError) {
            let request = try RequestPath(path)
            switch try find(request) {
            case .file(let file, let name):
                return try send(file, name: name, method: method, conditions: conditions, now: now)
            case .redirect:
                var answer = StaticAnswer(status: 301, reason: "a directory, asked for without a slash at the end")
                answer.redirectPath = request.locationAsDirectory
                answer.needsPage = true
                return answer
            }
        } catch {
            return page(status: error.status, method: method, reason: error.reason)
        }
    }

    /// The answer with the configured page for `status`, for any answer that Gatehouse makes itself on this site; without
    /// one, or if it cannot be opened, `needsPage` is set.
    package func page(status: Int, method: StaticMethod, reason: String) -> StaticAnswer {
        var answer = StaticAnswer(status: status, reason: reason)
        guard let path = settings.errorPages[status] else {
            answer.needsPage = true
            return answer
        }
        let name = Array(path.utf8.drop { $0 == UInt8(ascii: "/") })
        guard case .file(let file)? = try? directory.open(name.span, hiddenAllowed: true) else {
            answer = StaticAnswer(status: status, reason: "\(reason); error_pages: \(path) cannot be opened")
            answer.needsPage = true
            return answer
        }
        answer.fields.append(StaticField("Content-Type", kind(of: name).type.field))
        answer.contentLength = file.size
        if method != .head { answer.body = FileBody(file, range: 0..<file.size) }
        return answer
    }

    private enum Found {
        case file(OpenFile, name: [UInt8])
        case redirect
    }

    private func find(_ request: RequestPath) throws(StaticError) -> Found {
        guard request.endsWithSlash else {
            return switch try directory.open(request.relative.span) {
            case .file(let file): .file(file, name: request.relative)
            case .directory: .redirect
            }
        }
        // The operator's index names may begin with a dot; the client's segments may not.
        guard !Directory.hidesSegment(request.relative) else { throw Directory.hidden }
        for index in indexFiles {
            var name = request.relative
            if !name.isEmpty { name.append(UInt8(ascii: "/")) }
            name.append(contentsOf: index)
            do throws(StaticError) {
                if case .file(let file) = try directory.open(name.span, hiddenAllowed: true) { return .file(file, name: name) }
            } catch {
                guard case .notFound = error else { throw error }
            }
        }
        throw .notFound(reason: "no index file in the directory, or no such directory")
    }

    private func kind(of name: [UInt8]) -> (type: MediaType, isCompressible: Bool) {
        guard let name = MediaType.fileExtension(of: name), let type = MediaType.table[name] else {
            return (.unknown, compressesUnknown)
        }
        return (type, compressible.contains(name))
    }

    /// Chooses the representation, then evaluates the request's conditions on it, then its range.
    private func send(
        _ file: OpenFile, name: [UInt8], method: StaticMethod, conditions: StaticConditions, now: Int64
    ) throws(StaticError) -> StaticAnswer {
        let kind = kind(of: name)
        // RFC 9110 §14.2: Range is for GET alone.
        let range = method == .get ? conditions.range.map { ByteRange.parse($0, size: file.size) } ?? .whole : .whole
        let chosen = choose(file, name: name, isCompressible: kind.isCompressible, range: range, conditions: conditions)
        let validators = Validators(
            etag: settings.etagEnabled ? EntityTag(chosen.file, encoding: chosen.encoding) : nil,
            lastModified: settings.lastModifiedEnabled ? min(max(chosen.file.modified.seconds, 0), now) : nil)
        switch conditions.verdict(on: validators, now: now) {
        case .failed(let field): return page(status: 412, method: method, reason: "\(field) is false")
        case .notModified(let field):
            var answer = StaticAnswer(status: 304, reason: "\(field) matches")
            answer.fields = fields(of: chosen, type: nil, validators: validators)
            return answer
        case .send: break
        }
        if range != .whole && chosen.encoding == .identity && conditions.rangeApplies(to: validators, now: now) {
            let all = fields(of: chosen, type: kind.type, validators: validators)
            return part(range, of: chosen.file, fields: all, method: method)
        }
        var answer = StaticAnswer(status: 200, reason: "static file")
        answer.fields = fields(of: chosen, type: kind.type, validators: validators)
        answer.contentLength = chosen.isStreamed ? nil : chosen.file.size
        if method == .get {
            answer.body =
                chosen.isStreamed
                ? FileBody(chosen.file, through: try GzipEncoder(level: settings.level))
                : FileBody(chosen.file, range: 0..<chosen.file.size)
        }
        return answer
    }

    private struct Representation {
        let file: OpenFile
        let encoding: ContentCoding
        /// Compressed on the way, so that its length is not known before the end.
        let isStreamed: Bool
        /// Whether another Accept-Encoding could have got another representation.
        let varies: Bool
    }

    private func choose(
        _ file: OpenFile, name: [UInt8], isCompressible: Bool, range: ByteRange, conditions: StaticConditions
    ) -> Representation {
        let sibling = isCompressible && settings.precompressed ? precompressed(file, name: name) : nil
        let streams = isCompressible && settings.compressionEnabled && file.size >= settings.minSize
        let plain = Representation(file: file, encoding: .identity, isStreamed: false, varies: streams || sibling != nil)
        guard plain.varies, let field = conditions.acceptEncoding else { return plain }
        let accept = AcceptEncoding(field.span)
        guard accept.choose(among: [.gzip]) == .gzip else { return plain }
        // A range is of the chosen representation's bytes, and the plain file is the one that has a known length.
        if range != .whole && accept.weight(of: .identity) > 0 { return plain }
        return Representation(file: sibling ?? file, encoding: .gzip, isStreamed: sibling == nil, varies: true)
    }

    /// `FILE.gz`, if it is there and not older than the file.
    private func precompressed(_ file: OpenFile, name: [UInt8]) -> OpenFile? {
        let path = name + Array(".gz".utf8)
        guard case .file(let sibling)? = try? directory.open(path.span, hiddenAllowed: true),
            sibling.modified >= file.modified
        else { return nil }
        return sibling
    }

    /// The fields of a 200, or with `type` nil those of a 304.
    private func fields(of chosen: Representation, type: MediaType?, validators: Validators) -> [StaticField] {
        var fields: [StaticField] = []
        fields.reserveCapacity(8)
        if let type {
            fields.append(StaticField("Content-Type", type.field))
            if chosen.encoding == .gzip { fields.append(StaticField("Content-Encoding", "gzip")) }
        }
        if let etag = validators.etag { fields.append(StaticField("ETag", etag.text)) }
        // RFC 9110 §15.4.5: a 304 repeats Last-Modified only where there is no entity tag.
        if let modified = validators.lastModified, type != nil || validators.etag == nil {
            fields.append(StaticField("Last-Modified", HTTPDate.text(modified)))
        }
        if let cacheControl { fields.append(StaticField("Cache-Control", cacheControl)) }
        // Also on the plain form: a cache must not give it to everybody (RFC 9110 §12.5.5).
        if chosen.varies { fields.append(StaticField("Vary", "Accept-Encoding")) }
        if type != nil && chosen.encoding == .identity { fields.append(StaticField("Accept-Ranges", "bytes")) }
        return fields
    }

    /// 206 or 416 (RFC 9110 §15.3.7, §15.5.17). `range` is not `.whole`.
    private func part(
        _ range: ByteRange, of file: OpenFile, fields: [StaticField], method: StaticMethod
    ) -> StaticAnswer {
        guard case .part(let bytes) = range else {
            var answer = page(status: 416, method: method, reason: "the range begins after the end of the file")
            answer.fields.append(StaticField("Content-Range", "bytes */\(file.size)"))
            return answer
        }
        var answer = StaticAnswer(status: 206, reason: "a part of a static file")
        answer.fields = fields
        answer.fields.append(
            StaticField("Content-Range", "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/\(file.size)"))
        answer.contentLength = bytes.upperBound - bytes.lowerBound
        answer.body = FileBody(file, range: bytes)
        return answer
    }
}

/// What a request wants of a file.
package enum StaticMethod: Equatable, Sendable {
    case get
    case head
    /// Anything else: 405.
    case other
}
