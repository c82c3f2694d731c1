import HTTP
import StaticFiles

/// The step that ends an exchange which cannot be carried out.
extension Exchange {
    /// Answers with the failure. An answer that has begun is cut instead, which dropping its writer has done; what had come of it
    /// is still delivered, unless the client is to blame.
    mutating nonisolated(nonsending) func fail(_ failure: Failure) async {
        let failure = keyed(failure)
        record.failure = failure
        if hasEndedCall { return }
        if responder == nil || failure.status == 499 {
            record.status = record.status == 0 ? failure.status : record.status
            let hasBegun = responder == nil
            responder = nil
            client.abort()
            if hasBegun, failure.blame != .client { await deliverRest() }
            return
        }
        fillOwnHeaders()
        if client.requestIfAny?.isGRPC == true {
            do throws(Failure) { try await send(callFailure: failure) } catch { client.abort() }
            return
        }
        let page = await errorPage(for: failure)
        do throws(Failure) {
            try await send(
                OwnAnswer.page(
                    for: failure, to: client.requestIfAny, headers: headers, by: generation.plan.proxyName,
                    page: page))
        } catch {
            client.abort()
        }
    }

    /// The same, with its key as the request's route writes it. A preflight has none, but that of what it asks for may refuse it.
    mutating func keyed(_ failure: Failure) -> Failure {
        if let route = record.route { return failure.keyed(by: route) }
        guard failure.key?.hasPrefix(SettingOwner.proxyRoute.rawValue) == true, record.isRequestWhole, let site = record.site,
            let request = client.requestIfAny
        else { return failure }
        let decision = Router.decide(site, request) { endpoint.origin(of: request, for: site) }
        return decision.protector.map { failure.keyed(by: $0) } ?? failure
    }

    /// The operator's page for the failure; nil if there is none, or it cannot be read: the log says so then.
    private mutating nonisolated(nonsending) func errorPage(for failure: Failure) async -> ErrorPage? {
        // What has just kept its client waiting for a file must not keep it waiting for another one.
        if failure.isOfSlowFiles { return nil }
        do throws(PageFault) { return try await readErrorPage(of: failure.status) } catch {
            record.failure = failure.noting("error_pages: \(error.reason)")
            return nil
        }
    }

    /// The operator's page for an answer that is no failure, but says the same; nil if there is none, or it cannot be read.
    mutating nonisolated(nonsending) func errorPage(of status: Int) async -> ErrorPage? {
        do throws(PageFault) { return try await readErrorPage(of: status) } catch { return nil }
    }

    private mutating nonisolated(nonsending) func readErrorPage(of status: Int) async throws(PageFault) -> ErrorPage? {
        guard let files = record.site?.errorPages,
            let search = files.searchErrorPage(status, now: resources.clock.seconds, cache: resources.fileCache)
        else { return nil }
        let answer: StaticAnswer
        do throws(Failure) { answer = try await carryOut(search) } catch { throw PageFault(reason: error.reason.word) }
        do throws(StaticError) { return try files.errorPage(status, from: answer) } catch {
            throw PageFault(reason: error.reason)
        }
    }

    /// Sends what there is of an answer that will not become whole.
    private mutating nonisolated(nonsending) func deliverRest() async {
        do throws(Failure) {
            try await flush()
            client.endTruncated()
        } catch {
            // The client takes no more of it: the cut stands.
            return
        }
    }
}

/// Why a page of `error_pages` cannot be had.
private struct PageFault: Error {
    let reason: String
}

extension Failure {
    fileprivate var isOfSlowFiles: Bool { reason == .exchange(.fileStalled) || reason == .exchange(.fileBusy) }
}
