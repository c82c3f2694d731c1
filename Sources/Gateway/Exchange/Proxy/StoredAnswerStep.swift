import HTTP
import StaticFiles

/// The step that sends an answer of the cache.
extension Exchange {
    /// Sends a stored answer, or of it what the client has not.
    /// - Parameter status: what the answer says of the cache.
    mutating nonisolated(nonsending) func send(
        _ answer: CachedAnswer, to cacheable: borrowing CacheableRequest, _ status: CacheStatus
    ) async throws(Failure) {
        let now = resources.clock.seconds
        var fields = AnswerFields()
        // Both, and the words of most answers' other fields.
        fields.reserve(192)
        fields.append("Age", answer.times.age(at: now))
        let name = cacheable.plan.name
        fields.append("Cache-Status") { status.append(to: &$0, of: name) }
        if status.forward == nil { cacheable.cache.counts.hits += 1 }
        if cacheable.asked.conditions.isEmpty, !cacheable.asked.isHead, answerFields.isEmpty,
            let policy = headers.answer.adding(fields)
        {
            return try await send(answer, by: policy)
        }
        var head = resources.heads.acquireResponse()
        defer { resources.heads.release(head) }
        head.copy(answer.head)
        var part: Range<Int>? = 0..<answer.body.count
        if cacheable.asked.conditions.hold(for: head, now: now) {
            (head, part) = (replace(head, with: StoredHead.notModified(head)), nil)
        } else if !cacheable.asked.isHead, let range = cacheable.asked.conditions.range(of: head, now: now) {
            // RFC 9110 §14.2: of GET alone.
            switch ByteRange.parse(range, size: UInt64(answer.body.count)) {
            // RFC 9110 §14.2: a server may ignore ranges, and several are not worth their effort here.
            case .whole, .parts: break
            case .part(let range):
                part = Int(range.lowerBound)..<Int(range.upperBound)
                head = replace(head, with: StoredHead.partial(head))
                let contentRange = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(answer.body.count)"
                fields.append("Content-Range", contentRange)
            case .unsatisfiable:
                throw Failure(
                    .rangeNotSatisfiable, fields: AnswerFields("Content-Range", "bytes */\(answer.body.count)"))
            }
        }
        try await send(answer, head, part, fields, isHead: cacheable.asked.isHead)
    }

    /// Sends it as it is stored, with what the policy says.
    @inline(__always)  // Price 7.
    private mutating nonisolated(nonsending) func send(
        _ answer: CachedAnswer, by policy: ResponseFieldPolicy
    ) async throws(Failure) {
        guard let responder = responder.take() else { return }
        let status = answer.head.status
        record.status = status
        let count = status == 204 || status == 304 ? nil : answer.body.count
        let writer = responder.begin(
            forwarding: answer.head, framing: count.map { .length(UInt64($0)) } ?? .none, policy: policy)
        if let count { try await send(answer.body, 0..<count, to: writer) }
        writer.finish()
        try await flush()
    }

    private mutating nonisolated(nonsending) func send(
        _ answer: CachedAnswer, _ head: ResponseHead, _ part: Range<Int>?, _ fields: AnswerFields, isHead: Bool
    ) async throws(Failure) {
        guard let responder = responder.take() else { return }
        var fields = fields
        fields.append(answerFields)
        var framing = BodyFraming.none
        if let part, head.status != 204, head.status != 304 {
            if isHead { fields.append("Content-Length", UInt64(part.count)) } else { framing = .length(UInt64(part.count)) }
        }
        head.add(fields)
        record.status = head.status
        let writer = responder.begin(forwarding: head, framing: framing, policy: headers.answer)
        if let part, !framing.isEmpty { try await send(answer.body, part, to: writer) }
        writer.finish()
        try await flush()
    }

    private func read(_ bytes: [UInt8], into head: ResponseHead) {
        // It has been made of a head, and was read once.
        guard (try? head.parse(bytes.span, limits: .stored)) != nil else { preconditionFailure("a stored head is one") }
    }

    private func replace(_ head: ResponseHead, with bytes: [UInt8]) -> ResponseHead {
        head.reset()
        read(bytes, into: head)
        return head
    }
}
