import FoundationEssentials
import Synchronization

/// Finds the snapshots in an event stream as it comes (the HTML standard, "Interpreting an event stream", as far as this
/// program's streams go).
final class EventReading: Sendable {
    /// Bytes of one line: many times a snapshot.
    private static let maxLineBytes = 4 << 20

    private let line = Mutex<[UInt8]>([])
    private let show: @Sendable (Snapshot) -> Bool

    /// - Parameter show: gets each; false: no more are wanted.
    init(_ show: @escaping @Sendable (Snapshot) -> Bool) {
        self.show = show
    }

    /// - Returns: is more wanted?
    func take(_ bytes: Span<UInt8>) -> Bool {
        var lines: [[UInt8]] = []
        let isTooLong = line.withLock { line in
            for index in bytes.indices {
                if bytes[index] == 0x0A {
                    lines.append(line)
                    line.removeAll(keepingCapacity: true)
                } else {
                    line.append(bytes[index])
                }
            }
            return line.count > Self.maxLineBytes
        }
        return !isTooLong && lines.allSatisfy(read)
    }

    private func read(_ line: [UInt8]) -> Bool {
        let prefix = Array("data: {".utf8)
        guard line.starts(with: prefix) else { return true }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        // Other events are no snapshots.
        guard let snapshot = try? decoder.decode(Snapshot.self, from: Data(line.dropFirst(6))) else { return true }
        return show(snapshot)
    }
}
