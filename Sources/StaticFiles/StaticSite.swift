package import HTTP
import Synchronization

/// A site's files: what to answer to a request for one of them. Shared by all workers, and immutable, but for what was said of
/// the directory's being there.
package final class StaticSite: Sendable {
    let number = UniqueNumber.next()
    /// The path of the directory. What it names may change at any time.
    package let path: String
    private let isLost = Atomic(false)
    let settings: StaticSettings
    /// The paths of error pages by status; see `ErrorPage.swift`.
    let errorPagePaths: [Int: RequestPath]
    let indexFiles: [[UInt8]]
    private let cacheControl: (files: String?, pages: String?)
    private let types: MediaTypes

    /// Errors: `.unusable`, see `Directory.init(path:)`.
    package init(path: String, settings: StaticSettings) throws(StaticError) {
        _ = try Directory(path: path)
        self.path = path
        self.settings = settings
        errorPagePaths = settings.errorPages.mapValues { RequestPath(errorPage: $0) }
        indexFiles = settings.indexFiles.map { Array($0.utf8) }
        func field(_ age: Int?) -> String? { settings.cacheControl ?? age.map { "public, max-age=\($0)" } }
        cacheControl = (files: field(settings.maxAgeStatic), pages: field(settings.maxAgePages))
        types = MediaTypes(settings)
    }

    /// Does it answer as this one does?
    package func isSame(as other: StaticSite) -> Bool {
        settings == other.settings && path == other.path
    }

    /// What has become of the directory.
    package enum DirectoryChange: Equatable, Sendable {
        case lost(reason: String)
        case returned
    }

    /// Looks for the directory. Returns what has changed since the call before; at first it is there. One caller at a time.
    package func takeChange() -> DirectoryChange? {
        do throws(StaticError) {
            _ = try Directory(current: path)
            return isLost.exchange(false, ordering: .relaxed) ? .returned : nil
        } catch {
            if case .tooManyFiles = error { return nil }
            return isLost.exchange(true, ordering: .relaxed) ? nil : .lost(reason: error.reason)
        }
    }

    /// What most ask for, by the shortest way: a file in the worker's cache, by GET, without conditions or a range. `known` comes
    /// to the same. Parameters as there.
    /// - Parameter accept: the codings that the client takes.
    /// - Returns: nil if it is not so.
    package func content(path: Span<UInt8>, accept: AcceptEncoding, now: Int64, in cache: StaticCache) -> FileContent? {
        guard let root = cache.freshDirectory(of: self, now: now), let file = cache.file(asked: path, in: root, now: now)
        else { return nil }
        let chosen = file.choose(accept)
        guard let content = chosen.content else { return nil }
        return FileContent(fields: chosen.fields, bytes: content)
    }

    /// The answer to a request, if the worker's cache has it: without asking the file system for anything that it may have to
    /// wait for. Never throws: a failure is an answer, with `reason` for the log.
    /// - Parameters:
    ///   - path: what the client asked for, beginning with "/", dot segments resolved, without query; percent escapes are decoded
    ///     here, once.
    ///   - now: seconds since 1970.
    ///   - cache: the worker's.
    /// - Returns: nil if it must be searched for.
    package func known(
        path: Span<UInt8>, method: StaticMethod, conditions: consuming StaticConditions, now: Int64, in cache: StaticCache
    ) -> StaticAnswer? {
        do throws(StaticError) {
            if method == .get, conditions.isEmpty,
                let content = content(path: path, accept: conditions.acceptEncoding, now: now, in: cache)
            {
                return StaticAnswer(fields: content.fields, content: content.bytes)
            }
            guard method != .other, let root = cache.freshDirectory(of: self, now: now) else { return nil }
            let request = StaticRequest(
                path: try RequestPath(path), method: method, conditions: conditions, now: now, cache: cache, root: root)
            guard let (file, chosen) = request.known else { return nil }
            return try send(chosen, of: file, to: request, loading: true)
        } catch {
            return StaticAnswer(error.refusal, reason: error.reason)
        }
    }

    static var methodNotAllowed: StaticAnswer {
        var answer = StaticAnswer(.methodNotAllowed, reason: "static files answer only GET and HEAD")
        // RFC 9110 §15.5.6: a 405 says what is allowed.
        answer.fields.append("Allow", "GET, HEAD")
        return answer
    }

    /// The search for what a request asks for, with the parameters of `known`.
    /// - Parameter cache: the worker's, to look in and to keep what is found.
    /// - Throws: when the path cannot be read as one.
    package func search(
        path: Span<UInt8>, method: StaticMethod, conditions: StaticConditions, now: Int64, cache: StaticCache?
    ) throws(StaticError) -> FileSearch {
        let path = try RequestPath(path)
        return FileSearch(self, .request(path), at: path, method: method, conditions: conditions, now: now, cache: cache)
    }

    func kind(of name: [UInt8]) -> (type: MediaType, isCompressible: Bool) { types.type(of: name) }

    /// What the site makes of a file: its representations, and what an answer says of them. `now`: seconds since 1970.
    func describe(_ file: OpenFile, name: [UInt8], _ siblings: [FileLookup.Sibling], now: Int64) -> ServedFile {
        let kind = kind(of: name)
        let streams = kind.isCompressible && settings.compressionEnabled && file.facts.size >= settings.minSize
        // What somebody has compressed with care comes before what is compressed on its way.
        let streamed = streams ? settings.codings.filter { coding in !siblings.contains { $0.coding == coding } } : []
        let varies = !streamed.isEmpty || !siblings.isEmpty
        func form(_ file: OpenFile, _ encoding: ContentCoding, isStreamed: Bool) -> Representation {
            let modified = file.facts.modified
            let validators = Validators(
                etag: settings.etagEnabled ? EntityTag(file.facts, encoding: encoding) : nil,
                lastModified: settings.lastModifiedEnabled && !modified.isMadeUp ? min(modified.seconds, now) : nil)
            return Representation(
                file, encoding: encoding, isStreamed: isStreamed, validators: validators,
                fields: fields(encoding, kind.type, validators, varies: varies, isNotModified: false),
                notModifiedFields: fields(encoding, kind.type, validators, varies: varies, isNotModified: true))
        }
        return ServedFile(
            plain: form(file, .identity, isStreamed: false),
            encoded: siblings.map { form($0.file, $0.coding, isStreamed: false) }
                + streamed.map { form(file, $0, isStreamed: true) })
    }

    /// `FILE.gz` and its like, if there and not older than the file. pigz dates it as its file, but in whole seconds. An empty
    /// one is what a build that was cut short leaves: no coding makes it of any file. May block.
    func precompressed(_ file: OpenFile, name: [UInt8], in root: Directory) -> [FileLookup.Sibling] {
        guard settings.precompressed, kind(of: name).isCompressible else { return [] }
        return settings.codings.compactMap { coding in
            guard let suffix = coding.fileSuffix,
                case .file(let sibling)? = try? root.open((name + Array(".\(suffix)".utf8)).span, hiddenAllowed: true),
                sibling.facts.size > 0,
                sibling.facts.modified >= file.facts.modified || sibling.facts.modified == file.facts.modified.inWholeSeconds,
                isForEverybody(sibling, coding)
            else { return nil }
            return FileLookup.Sibling(file: sibling, coding: coding)
        }
    }

    /// Can all who accept the coding read it? May block.
    private func isForEverybody(_ sibling: OpenFile, _ coding: ContentCoding) -> Bool {
        guard coding == .zstd else { return true }
        var head: [UInt8] = []
        try? head.append(addingCapacity: ZstdFrame.maxHeadBytes) { output throws(StaticError) in
            _ = try sibling.read(into: &output, at: 0, limit: ZstdFrame.maxHeadBytes)
        }
        return ZstdFrame.isForEverybody(head.span)
    }

    /// The fields of a 200 or of a 304.
    private func fields(
        _ encoding: ContentCoding, _ type: MediaType, _ validators: Validators, varies: Bool, isNotModified: Bool
    ) -> AnswerFields {
        var fields = AnswerFields()
        if !isNotModified {
            fields.append("Content-Type", type.field)
            if encoding != .identity { fields.append("Content-Encoding", encoding.name.description) }
        }
        if let etag = validators.etag { fields.append("ETag", etag.text) }
        // RFC 9110 §15.4.5: a 304 repeats Last-Modified only where there is no entity tag.
        if let modified = validators.lastModified, !isNotModified || validators.etag == nil {
            fields.append("Last-Modified", HTTPDate.text(modified))
        }
        let age = type.isPage ? cacheControl.pages : cacheControl.files
        if let age { fields.append("Cache-Control", age) }
        // Also on the plain form: a cache must not give it to everybody (RFC 9110 §12.5.5).
        if varies { fields.append("Vary", "Accept-Encoding") }
        if !isNotModified && encoding == .identity { fields.append("Accept-Ranges", "bytes") }
        return fields
    }

    /// Evaluates the request's conditions on the chosen representation, then its range.
    /// - Parameter loading: whether its bytes may be brought into memory first.
    /// - Returns: nil if that is to be done.
    func send(
        _ chosen: Representation, of file: ServedFile, to request: StaticRequest, loading: Bool
    ) throws(StaticError) -> StaticAnswer? {
        if !request.conditions.isEmpty {
            switch request.conditions.verdict(on: chosen.validators, now: request.now) {
            case .failed(let field):
                return StaticAnswer(.preconditionFailed, reason: "\(field) is false")
            case .notModified(let field):
                var answer = StaticAnswer(status: 304, reason: "\(field) matches")
                answer.fields = chosen.notModifiedFields
                return answer
            case .send: break
            }
        }
        if loading, request.method == .get,
            request.cache?.wants(chosen, at: request.path, in: request.root, now: request.now) == true
        {
            return nil
        }
        if request.conditions.isEmpty { return try whole(chosen, to: request) }
        let range = request.range(of: file)
        let isWhole =
            range == .whole || chosen.encoding != .identity
            || !request.conditions.rangeApplies(to: chosen.validators, now: request.now)
        if isWhole { return try whole(chosen, to: request) }
        if case .parts(let ranges) = range { return MultipartRanges.answer(ranges, of: chosen) }
        return part(range, of: chosen)
    }

    private func whole(_ chosen: Representation, to request: StaticRequest) throws(StaticError) -> StaticAnswer {
        guard request.method == .get else {
            return StaticAnswer(fields: chosen.fields, contentLength: chosen.length, body: nil)
        }
        if let content = chosen.content { return StaticAnswer(fields: chosen.fields, content: content) }
        let body = try chosen.body(settings.levels)
        request.cache?.collect(body, of: chosen, at: request.path, in: request.root, now: request.now)
        return StaticAnswer(fields: chosen.fields, contentLength: chosen.length, body: body)
    }

    /// 206 or 416 (RFC 9110 §15.3.7, §15.5.17). `range` is not `.whole`.
    private func part(_ range: ByteRange, of chosen: Representation) -> StaticAnswer {
        guard case .part(let bytes) = range else {
            var answer = StaticAnswer(.rangeNotSatisfiable, reason: "the range begins after the end of the file")
            answer.fields.append("Content-Range", "bytes */\(chosen.facts.size)")
            return answer
        }
        var answer = StaticAnswer(status: 206, reason: "a part of a static file")
        answer.fields = chosen.fields
        answer.fields.append(
            "Content-Range", "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/\(chosen.facts.size)")
        answer.contentLength = bytes.upperBound - bytes.lowerBound
        answer.body = chosen.body(bytes)
        return answer
    }
}
