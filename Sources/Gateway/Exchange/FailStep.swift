import HTTP
import StaticFiles

/// The step that ends an exchange which cannot be carried out.
extension Exchange {
    /// Answers with the failure, unless an answer has begun: that one is cut, which dropping its writer has done. If the client
    /// is not to blame it gets all that had come.
    mutating nonisolated(nonsending) func fail(_ failure: Failure) async {
        let failure = record.route?.proxied.map { failure.keyed(by: $0.pool) } ?? failure
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
        if client.requestIfAny?.isGRPC == true {
            do throws(Failure) { try await send(callFailure: failure) } catch { client.abort() }
            return
        }
        let page = errorPage(for: failure)
        do throws(Failure) {
            try await send(
                OwnAnswer.page(
                    for: failure, to: client.requestIfAny, headers: headers, by: generation.plan.proxyName,
                    page: page))
        } catch {
            client.abort()
        }
    }

    /// The operator's page for the failure; nil if there is none, or it cannot be read: the log says so then.
    private mutating func errorPage(for failure: Failure) -> ErrorPage? {
        guard let files = record.site?.errorPages else { return nil }
        do throws(StaticError) {
            return try files.errorPage(failure.status, now: resources.clock.seconds, from: resources.fileCache)
        } catch {
            record.failure = failure.noting("error_pages: \(error.reason)")
            return nil
        }
    }

    /// Sends what there is of an answer that will not become whole.
    private mutating nonisolated(nonsending) func deliverRest() async {
        do throws(Failure) {
            try await flush()
            client.endShort()
        } catch {
            // The client takes no more of it: the cut stands.
            return
        }
    }
}
