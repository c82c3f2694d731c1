/// The streams of a connection that are open, in the order of their identifiers, which only grow (RFC 9113 §5.1.1).
struct HTTP2StreamTable {
    private(set) var all: [HTTP2Stream] = []
    /// Beside them, to be searched without touching each.
    private var identifiers: [UInt32] = []

    var count: Int { identifiers.count }
    var isEmpty: Bool { identifiers.isEmpty }

    subscript(identifier: UInt32) -> HTTP2Stream? {
        let place = place(of: identifier)
        return place < count && identifiers[place] == identifier ? all[place] : nil
    }

    /// - Parameter stream: one above all that are there.
    mutating func append(_ stream: HTTP2Stream) {
        identifiers.append(stream.identifier)
        all.append(stream)
    }

    /// - Returns: false if it was not there.
    mutating func remove(_ stream: HTTP2Stream) -> Bool {
        let place = place(of: stream.identifier)
        guard place < count, identifiers[place] == stream.identifier else { return false }
        identifiers.remove(at: place)
        all.remove(at: place)
        return true
    }

    /// Of the first that is not below it.
    private func place(of identifier: UInt32) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if identifiers[middle] < identifier { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Streams of a connection whose exchanges are over, to be used again.
struct HTTP2SpareStreams {
    private var streams: [HTTP2Stream] = []
    /// As many as are open at a time by default.
    private static let most = 128

    /// - Returns: one that nobody else has any more: who still held it would take another request for its own.
    mutating func take() -> HTTP2Stream? {
        while var spare = streams.popLast() {
            if isKnownUniquelyReferenced(&spare) { return spare }
        }
        return nil
    }

    /// Puts one back, or drops it.
    mutating func put(_ stream: HTTP2Stream) {
        if streams.count < Self.most { streams.append(stream) }
    }
}
