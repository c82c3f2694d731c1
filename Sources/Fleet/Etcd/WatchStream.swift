/// The stream of a watch: a line of JSON for each piece of news. Documents stand in them, and are read elsewhere: here it counts
/// that there is something new.
final class WatchStream {
    private let changed: () -> Void
    private var line: [UInt8] = []
    private var isLong = false
    /// Why etcd has ended the watch.
    private(set) var refusal: EtcdMessage.Refusal?

    /// A longer line is news, whatever it says: what is no news is short.
    private static let maxLineBytes = 64 * 1024
    /// Lines and bytes of one watch: behind them it ends, and is begun anew after a while. Whoever floods it gets no more time
    /// than it takes to read these.
    private var linesLeft = 10_000
    private var bytesLeft = 64 * 1024 * 1024

    init(_ changed: @escaping () -> Void) { self.changed = changed }

    /// - Returns: does it go on?
    func take(_ bytes: Span<UInt8>) -> Bool {
        bytesLeft -= bytes.count
        guard bytesLeft >= 0 else { return endAtLimit() }
        for index in bytes.indices {
            if bytes[index] == 0x0A {
                guard endLine() else { return false }
            } else if line.count < Self.maxLineBytes {
                line.append(bytes[index])
            } else {
                isLong = true
            }
        }
        return true
    }

    private func endAtLimit() -> Bool {
        refusal = EtcdMessage.Refusal(message: "it has brought enough news for one watch", code: nil)
        return false
    }

    private func endLine() -> Bool {
        defer {
            line.removeAll(keepingCapacity: line.count < 4096)
            isLong = false
        }
        linesLeft -= 1
        guard linesLeft >= 0 else { return endAtLimit() }
        if isLong {
            changed()
            return true
        }
        guard !line.isEmpty else { return true }
        let message = EtcdMessage.decode(EtcdMessage.Streamed<EtcdMessage.WatchResponse>.self, line)
        guard let result = message?.result, result.canceled != true else {
            refusal = message?.error ?? EtcdMessage.Refusal(message: "the watch was cancelled", code: nil)
            return false
        }
        if result.events?.isEmpty == false { changed() }
        return true
    }
}
