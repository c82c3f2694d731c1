package import EventLoop
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

/// An answer with its whole body.
package struct ServiceAnswer {
    /// 200...599.
    package var status: Int
    /// Further fields. Date, framing, `Content-Type` and, unless it stands here, `Cache-Control: no-store` are added.
    package var fields: FieldSection
    package var contentType: StaticString
    /// Not sent to HEAD, and with 204 and 304.
    package var body: [UInt8]

    package init(status: Int = 200, contentType: StaticString, fields: FieldSection = FieldSection(), body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.fields = fields
        self.body = body
    }

    /// A line of plain text.
    package init(status: Int, _ text: String, fields: FieldSection = FieldSection()) {
        self.init(status: status, contentType: "text/plain", fields: fields, body: Array("\(text)\n".utf8))
    }
}

/// What a connection has become after a 101, or after the head of an answer without an end.
package protocol Upgraded: AnyObject {
    /// Uses the connection until it is done with it; the service closes it.
    nonisolated(nonsending) func run() async
    /// The service drains: end soon, in order. The waiter is told after it.
    func drain()
    /// End at once. The waiter is told after it.
    func cut()
    /// Did it end in the middle of something, so that the connection is to be reset?
    var isBroken: Bool { get }
}

extension Upgraded {
    package var isBroken: Bool { false }
}

/// A connection's parts, for who has it after an upgrade. What came behind the request is in `inflow`.
package struct UpgradedStreams {
    package let inflow: Inflow
    package let outflow: Outflow
    /// The task's that calls `Upgraded.run()`.
    package let waiter: Waiter
}
