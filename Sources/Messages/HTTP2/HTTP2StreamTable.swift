/// The streams of a connection that are open, in the order of their identifiers, which only grow (RFC 9113 §5.1.1), and those
/// whose exchanges are over, to be used again.
///
/// The lists are taken out while they are changed: price 1.
final class HTTP2StreamTable {
    /// The number stands beside the stream, to be searched for without touching each.
    private struct Entry {
        let identifier: UInt32
        let stream: HTTP2Stream
    }

    /// The open streams.
    var all: [HTTP2Stream] { entries.map { $0.stream } }
    private var entries: [Entry] = []
    private var spares: [HTTP2Stream] = []
    /// How many streams are kept for later requests: as many as are open at a time by default.
    private static let maxSpares = 128

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }

    subscript(identifier: UInt32) -> HTTP2Stream? {
        guard let index = index(of: identifier) else { return nil }
        return entries[index].stream
    }

    /// - Parameter stream: one above all that are there.
    func append(_ stream: HTTP2Stream) {
        var lent = exchange(&entries, with: [])
        lent.append(Entry(identifier: stream.identifier, stream: stream))
        entries = lent
    }

    /// - Returns: false if it was not there.
    func remove(_ stream: HTTP2Stream) -> Bool {
        guard let index = index(of: stream.identifier) else { return false }
        var lent = exchange(&entries, with: [])
        lent.remove(at: index)
        entries = lent
        return true
    }

    private func index(of identifier: UInt32) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].identifier < identifier { low = middle + 1 } else { high = middle }
        }
        // `low` is of the first that is not below it.
        return low < count && entries[low].identifier == identifier ? low : nil
    }

    /// - Returns: one that nobody else has any more, since who still held it would take another request for its own; nil if there
    ///   is none.
    func takeSpare() -> HTTP2Stream? {
        var streams = exchange(&spares, with: [])
        defer { spares = streams }
        while var spare = streams.popLast() {
            if isKnownUniquelyReferenced(&spare) { return spare }
        }
        return nil
    }

    /// Keeps one whose exchange is over, or drops it.
    func putSpare(_ stream: HTTP2Stream) {
        var streams = exchange(&spares, with: [])
        if streams.count < Self.maxSpares { streams.append(stream) }
        spares = streams
    }

    /// Drops the open streams.
    func removeAll() {
        entries = []
    }

    /// Drops those that were kept to be used again.
    func removeSpares() { spares = [] }
}
