package import HTTP

/// Answers the requests of a service.
package protocol ServiceHandler: AnyObject {
    /// Answers one request; of one connection one at a time. A request's body that is not read is read past if it is here
    /// already, else its connection ends with the answer.
    /// - Throws: what reading the body threw, or a refusal of its own.
    nonisolated(nonsending) func answer(_ request: ServiceRequest) async throws(ServiceFailure) -> ServiceReply
    /// Makes the answer to a request that could not be read, or was refused meanwhile: by default a line of plain text.
    /// - Parameters:
    ///   - status: 400...599.
    ///   - word: which rule it breaks.
    func refusal(_ status: Int, _ word: String) -> ServiceAnswer
}

extension ServiceHandler {
    /// A line of plain text: the word.
    package func refusal(_ status: Int, _ word: String) -> ServiceAnswer { ServiceAnswer(status: status, word) }
}

/// What becomes of a request.
package enum ServiceReply {
    case answer(ServiceAnswer)
    /// A 101 with these fields, after which the connection is what `make` makes of it. Only to a request that asked for it.
    case upgrade(FieldSection, (UpgradedStreams) -> any Upgraded)
    /// A 200 without an end of its own: what `make` makes of the connection writes the body, and the connection ends with it. Not
    /// for HEAD. The request's body has to be read.
    case stream(contentType: StaticString, FieldSection, (UpgradedStreams) -> any Upgraded)
}

/// Why a request gets no answer from its handler.
package enum ServiceFailure: Error, Equatable {
    /// It is answered with this status and word, and its connection closed.
    case refused(Int, String)
    /// There is nobody to answer any more.
    case ended
}
