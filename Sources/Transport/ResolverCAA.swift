import CAres

/// Which authorities may issue for a name (RFC 8659).
package struct CAARecord: Sendable, Equatable {
    /// Must an authority that does not know the tag refuse?
    package var isCritical: Bool
    /// Lower case: `issue`, `issuewild`, `iodef`.
    package var tag: String
    package var value: String

    package init(isCritical: Bool, tag: String, value: String) {
        self.isCritical = isCritical
        self.tag = tag
        self.value = value
    }
}

extension Resolver {
    /// Asks for a name's own CAA records. `outcome` may be called before this returns; with none if there are none, or if
    /// there is no such name.
    package func askCAA(_ name: String, outcome: @escaping (Result<[CAARecord], TransportError>) -> Void) {
        guard let names = unsafe names else { return outcome(.failure(.unresolved("the resolver has been closed"))) }
        lastQuestion += 1
        caaQuestions[lastQuestion] = outcome
        if unsafe gh_names_ask_caa(names, name, lastQuestion, Self.receiveCAA) == 0 {
            caaQuestions.removeValue(forKey: lastQuestion)?(.failure(.unresolved("memory is out")))
        }
        step()
    }

    /// What c-ares calls with an answer; `owner` is the resolver, which ends the channel before it goes.
    private static let receiveCAA: gh_caa_answer = { owner, question, status, records, count in
        guard let owner = unsafe owner else { return }
        let resolver = unsafe Unmanaged<Resolver>.fromOpaque(owner).takeUnretainedValue()
        guard let outcome = resolver.caaQuestions.removeValue(forKey: question) else { return }
        if gh_names_has_none(status) == 1 { return outcome(.success([])) }
        guard status == 0 else { return outcome(.failure(.unresolved(reason(status)))) }
        var found: [CAARecord] = []
        for index in 0..<count {
            // The records live as long as this call.
            guard let record = unsafe records?[index] else { break }
            let tag = unsafe UnsafeBufferPointer(start: record.tag, count: record.tag_length)
            let value = unsafe UnsafeBufferPointer(start: record.value, count: record.value_length)
            unsafe found.append(
                CAARecord(
                    isCritical: record.critical == 1, tag: String(decoding: tag, as: UTF8.self).lowercased(),
                    value: String(decoding: value, as: UTF8.self)))
        }
        outcome(.success(found))
    }
}
