import Gateway
import Messages

/// A request that nobody sends: what would become of it now?
struct AdminQuestion: Codable, AdminOrder, Sendable {
    enum CodingKeys: String, CodingKey, CaseIterable { case url, method, fields, client }

    /// Absolute, of http or https.
    var url: String
    /// `GET` if it is not said.
    var method: String?
    /// Each "Name: value".
    var fields: [String]?
    /// The address that it would come from; 127.0.0.1 if it is not said.
    var client: String?
}

extension AdminResources {
    /// By the configuration in use, with its servers as they are now. Nothing is changed.
    func explain(_ body: [UInt8]) async -> ServiceAnswer {
        guard let question = AdminQuestion(body) else {
            return .problem(400, "The body is to be JSON with \"url\", and perhaps \"method\", \"fields\" and \"client\".")
        }
        guard let configuration = await configuration else { return Self.noFile }
        do throws(ExplainedRequest.Fault) {
            let request = try ExplainedRequest(
                question.url, method: question.method ?? "GET", fields: question.fields ?? [],
                client: question.client ?? "127.0.0.1"
            )
            return .json(try Explainer(configuration, gateway.currentPlan, isLive: true).explain(request))
        } catch {
            return .problem(422, "\(error)")
        }
    }
}
