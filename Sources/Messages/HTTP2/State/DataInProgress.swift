/// A DATA frame of which not all has come.
struct DataInProgress {
    /// Nil when nobody is there to take it.
    let stream: HTTP2Stream?
    private(set) var payloadLeft: Int
    private(set) var paddingLeft: Int
    let endsStream: Bool

    init(stream: HTTP2Stream?, payload: Int, padding: Int, endsStream: Bool) {
        self.stream = stream
        payloadLeft = payload
        paddingLeft = padding
        self.endsStream = endsStream
    }

    var isOver: Bool { payloadLeft == 0 && paddingLeft == 0 }

    /// Takes what is its own of the bytes that have come.
    /// - Returns: how many of them are payload, and how many behind those are padding.
    mutating func take(of count: Int) -> (payload: Int, padding: Int) {
        let payload = min(payloadLeft, count)
        payloadLeft -= payload
        let padding = payloadLeft == 0 ? min(paddingLeft, count - payload) : 0
        paddingLeft -= padding
        return (payload, padding)
    }
}
