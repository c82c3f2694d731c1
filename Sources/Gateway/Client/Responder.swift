import HTTP

/// The right to answer a request, once. Dropped unused it cuts the connection: the client must not wait for ever.
struct Responder: ~Copyable {
    /// Nil once it is spent. Price 2: it is handed on to the writer.
    private var client: (any ClientSide)?

    init(_ client: any ClientSide) {
        self.client = client
    }

    /// Begins the answer with an upstream's head.
    consuming func begin(forwarding head: ResponseHead, framing: BodyFraming, policy: ResponseFieldPolicy) -> BodyWriter {
        let client = spend()
        client.begin(forwarding: head, framing: framing, policy: policy)
        return BodyWriter(client)
    }

    /// Begins the answer with a head of our own.
    consuming func begin(_ answer: Answer) -> BodyWriter {
        let client = spend()
        client.begin(answer)
        return BodyWriter(client)
    }

    private mutating func spend() -> any ClientSide {
        guard let client = client.take() else { preconditionFailure("an answer is begun once") }
        return client
    }

    deinit {
        client?.abort()
    }
}
