import HTTP

/// Heads that a worker uses again, so that a request costs no allocation for them.
///
/// It cannot be copied, so that a look at one of its lists does not count both (price 2).
struct SpareHeads: ~Copyable {
    // As many as a few busy clients in HTTP/2 have under way; each is a kilobyte or two.
    private let requests = FreeList<RequestHead>(keeping: 384)
    private let responses = FreeList<ResponseHead>(keeping: 384)

    func acquireRequest() -> RequestHead { requests.take() ?? RequestHead() }
    func acquireResponse() -> ResponseHead { responses.take() ?? ResponseHead() }

    func release(_ head: consuming RequestHead) {
        head.reset()
        requests.put(head)
    }

    func release(_ head: consuming ResponseHead) {
        head.reset()
        responses.put(head)
    }
}
