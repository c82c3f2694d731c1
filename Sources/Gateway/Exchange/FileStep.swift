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
            let fields = request.fields
            answer = files.site.answer(
                path: fields.bytes.span.extracting(request.path), method: method, conditions: StaticConditions(fields),
                now: resources.clock.seconds, from: resources.fileCache)
        } else {
            answer = try firstThere(request, files, method, of: site, by: found)
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
        try await send(answer, isHead: method == .head)
    }

    /// The answer with the first of `try_files` that is there; what is said of the last one if none is.
    private mutating func firstThere(
        _ request: RequestHead, _ files: FilesPlan, _ method: StaticMethod, of site: SitePlan, by found: RouteTable.Found?
    ) throws(Failure) -> StaticAnswer {
        var answer: StaticAnswer?
        for template in files.tries {
            let path = try path(of: request, by: template, found, of: site)
            let next = files.site.answer(
                path: path.span, method: method, conditions: StaticConditions(request.fields), now: resources.clock.seconds,
                from: resources.fileCache)
            guard next.refusal == .notFound else { return next }
            answer = next
        }
        guard let answer else { throw Failure(.fileNotFound) }
        return answer
    }

    private mutating nonisolated(nonsending) func send(
        _ answer: consuming StaticAnswer, isHead: Bool
    ) async throws(Failure) {
        let own = headers.own
        guard let responder = responder.take() else { return }
        record.status = answer.status
        let hasBody = answer.body != nil
        var fields = answer.fields
        own.apply(to: &fields)
        fields.append(answerFields)
        let writer = responder.begin(
            Answer(
                status: answer.status, framing: hasBody ? answer.contentLength.map { .length($0) } ?? .chunked : .none,
                statedLength: hasBody || answer.status == 304 ? nil : answer.contentLength, fields: fields,
                siteFields: own.common, hasDate: own.replacesDate))
        if let body = answer.body { try await send(body, to: writer) }
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
            do throws(StaticError) {
                piece.clear()
                try piece.append(atMost: Self.pieceSize) { output throws(StaticError) in _ = try body.read(into: &output) }
            } catch {
                throw Failure(.fileTruncated, detail: error.reason)
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
                if !piece.isEmpty { try await makeRoom(after: taken) }
            }
            try await flush()
            await resources.loop.yield()
        }
    }

    /// Bytes read at once: with the framing of a chunk around them they fit into a bulk buffer (`BufferPool`).
    private static var pieceSize: Int { 61_440 }
}

extension ExchangeReason {
    /// As the set of reasons knows it.
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
