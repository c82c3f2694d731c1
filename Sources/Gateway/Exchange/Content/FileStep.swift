import Buffers
import EventLoop
import HTTP
import Messages
import StaticFiles

/// The step that answers with a file.
extension Exchange {
    /// Serves a static file of the site.
    /// - Parameter found: the route that says so; nil: the site itself.
    mutating nonisolated(nonsending) func sendFile(
        _ request: RequestHead, from files: FilesPlan, of site: SitePlan, by found: RouteTable.Found? = nil
    ) async throws(Failure) {
        let method: StaticMethod =
            switch request.method {
            case .get: .get
            case .head: .head
            default: .other
            }
        let answer: StaticAnswer
        if files.tries.isEmpty {
            let (fields, now) = (request.fields, resources.clock.seconds)
            let path = fields.bytes.span.extracting(request.path)
            let conditions = StaticConditions(fields)
            if case .get = method, conditions.isEmpty,
                let content = files.site.content(
                    path: path, accept: conditions.acceptEncoding, now: now, in: resources.fileCache)
            {
                return try await send(content)
            }
            let known = files.site.known(path: path, method: method, conditions: conditions, now: now, in: resources.fileCache)
            if let known {
                answer = known
            } else {
                answer = try await searchFile(Array(fields.bytes[request.path]), method, StaticConditions(fields), files.site)
            }
        } else {
            answer = try await firstThere(request, files, method, of: site, by: found)
        }
        if let listing = answer.listing {
            try await send(OwnAnswer.listing(listing, to: request, headers: headers, by: generation.plan.proxyName))
            return
        }
        if let path = answer.redirectPath {
            try await send(OwnAnswer.redirect(request, toPath: path, headers: headers, by: generation.plan.proxyName))
            return
        }
        if let refusal = answer.refusal {
            throw Failure(ExchangeReason(refusal), detail: answer.reason, fields: answer.fields)
        }
        try await send(answer)
    }

    /// The answer with the first of `try_files` that is there; what is said of the last one if none is.
    private mutating nonisolated(nonsending) func firstThere(
        _ request: RequestHead, _ files: FilesPlan, _ method: StaticMethod, of site: SitePlan, by found: RouteTable.Found?
    ) async throws(Failure) -> StaticAnswer {
        var answer: StaticAnswer?
        for template in files.tries {
            let path = try path(of: request, by: template, found, of: site)
            let conditions = StaticConditions(request.fields)
            let known = files.site.known(
                path: path.span, method: method, conditions: conditions, now: resources.clock.seconds,
                in: resources.fileCache)
            let next: StaticAnswer
            if let known { next = known } else { next = try await searchFile(path, method, conditions, files.site) }
            guard next.refusal == .notFound else { return next }
            answer = next
        }
        guard let answer else { throw Failure(.fileNotFound) }
        return answer
    }

    /// Begins an answer with these fields and the site's; nil if one has begun.
    private mutating func begin(
        _ status: Int, _ framing: BodyFraming, statedLength: UInt64? = nil, _ fields: consuming AnswerFields
    ) -> BodyWriter? {
        let own = headers.own
        guard let responder = responder.take() else { return nil }
        record.status = status
        own.apply(to: &fields)
        fields.append(answerFields)
        return responder.begin(
            Answer(
                status: status, framing: framing, statedLength: statedLength, fields: fields, siteFields: own.common,
                hasDate: own.replacesDate))
    }

    @inline(__always)  // Price 7.
    private mutating nonisolated(nonsending) func send(_ content: FileContent) async throws(Failure) {
        let bytes = content.bytes
        guard let writer = begin(200, .length(UInt64(bytes.count)), content.fields) else { return }
        try await send(bytes, 0..<bytes.count, to: writer)
        writer.finish()
        try await flush()
    }

    private mutating nonisolated(nonsending) func send(_ answer: consuming StaticAnswer) async throws(Failure) {
        let hasBody = answer.hasBody
        guard
            let writer = begin(
                answer.status, hasBody ? answer.contentLength.map { .length($0) } ?? .chunked : .none,
                statedLength: hasBody || answer.status == 304 ? nil : answer.contentLength, answer.fields)
        else { return }
        if let content = answer.content {
            try await send(content, 0..<content.count, to: writer)
        } else if let body = answer.body {
            try await send(body, to: writer)
        }
        writer.finish()
        try await flush()
    }

    /// Sends a file's bytes, from memory if they are there.
    @inline(__always)  // Price 7.
    mutating nonisolated(nonsending) func send(_ body: FileBody, to writer: borrowing BodyWriter) async throws(Failure) {
        if let (bytes, range) = body.content {
            try await send(bytes, range, to: writer)
        } else {
            try await stream(body, to: writer)
        }
    }

    /// Sends the file piece by piece, each read only when the client has taken the one before.
    private mutating nonisolated(nonsending) func stream(
        _ body: FileBody, to writer: borrowing BodyWriter
    ) async throws(Failure) {
        let piece = resources.buffers.acquire(.bulk)
        defer { resources.buffers.release(piece) }
        while true {
            piece.clear()
            if try read(body, into: piece) == nil, let reading = body.reading {
                let bytes = try await readElsewhere(reading)
                do throws(StaticError) { try body.take(bytes) } catch { throw Failure(error) }
                continue
            }
            if piece.isEmpty { return }
            while !piece.isEmpty {
                let taken: Int
                do throws(PeerError) {
                    taken = try piece.withBytes { span throws(PeerError) in try writer.write(span) }
                } catch {
                    throw Failure.clientLeft(error)
                }
                piece.consume(taken)
                if !piece.isEmpty { try await waitForClient(after: taken) }
            }
            try await flush()
            await resources.loop.yield()
        }
    }

    private func read(_ body: FileBody, into piece: Buffer) throws(Failure) -> Int? {
        var count: Int?
        do throws(StaticError) {
            try piece.append(atMost: Self.pieceSize) { output throws(StaticError) in count = try body.read(into: &output) }
        } catch { throw Failure(error) }
        return count
    }

    /// Bytes read at once: with the framing of a chunk around them they fit into a bulk buffer (`BufferPool`).
    private static var pieceSize: Int { 61_440 }
}

extension Failure {
    /// The failure of a file that could not be read to its end while it was sent.
    fileprivate init(_ error: StaticError) { self.init(.fileTruncated, detail: error.reason) }
}

extension ExchangeReason {
    /// The reason that stands for a refusal of `StaticFiles`.
    init(_ refusal: StaticRefusal) {
        self =
            switch refusal {
            case .badPath: .filePathMalformed
            case .forbidden: .fileForbidden
            case .notFound: .fileNotFound
            case .methodNotAllowed: .methodNotAllowed
            case .preconditionFailed: .preconditionFailed
            case .rangeNotSatisfiable: .rangeNotSatisfiable
            case .tooManyFiles: .tooManyFiles
            case .failed: .fileFailed
            }
    }
}
