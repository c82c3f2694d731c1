import HTTP

/// The right to answer a request, once. Dropped unused it cuts the connection: the client must not wait for ever.
struct Responder: ~Copyable {
    private let client: any ClientSide
    private var isSpent = false

    init(_ client: any ClientSide) {
        self.client = client
    }

    /// Begins the answer with an upstream's head.
    consuming func begin(forwarding head: ResponseHead, framing: BodyFraming, policy: ResponseFieldPolicy) -> BodyWriter {
        client.begin(forwarding: head, framing: framing, policy: policy)
        isSpent = true
        return BodyWriter(client)
    }

    /// Begins the answer with a head of our own.
    consuming func begin(_ answer: Answer) -> BodyWriter {
        client.begin(answer)
        isSpent = true
        return BodyWriter(client)
    }

    deinit {
        if !isSpent { client.abort() }
    }
}
