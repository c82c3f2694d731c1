import EventLoop
import Synchronization

/// A small file that decides who comes in: read when the plan is made, and again when it has changed. While it cannot be read, or
/// is not what it should be, there is no content, and nobody comes in.
final class WatchedFile<Content: Sendable>: Sendable {
    typealias Reading = SharedReading<Content>.Value

    let path: String
    private let limit: Int
    private let parse: @Sendable ([UInt8]) -> Reading
    /// What the file holds.
    let shared: SharedReading<Content>
    /// Nil: it could not be read.
    private let stamp: Mutex<FileAccess.Stamp?>
    /// When it was last looked at, in monotonic nanoseconds.
    private let lookedAt = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - limit: bytes; `parse` gets one more of a file that is larger.
    ///   - parse: says of what is wrong neither the path nor anything that is secret.
    init(_ path: String, limit: Int, parse: @escaping @Sendable ([UInt8]) -> Reading) {
        self.path = path
        self.limit = limit
        self.parse = parse
        let (stamp, reading) = Self.read(path, limit, parse)
        self.stamp = Mutex(stamp)
        shared = SharedReading(reading)
    }

    /// Reads the file again if it has changed. It is looked at once in a second, by whichever worker comes first.
    func refresh(now: UInt64) {
        let looked = lookedAt.load(ordering: .relaxed)
        if now &- looked >= 1_000_000_000,
            lookedAt.compareExchange(expected: looked, desired: now, ordering: .relaxed).exchanged
        {
            look()
        }
    }

    private func look() {
        let seen = try? FileAccess.Stamp(of: path)
        guard stamp.withLock({ $0 != seen || seen == nil }) else { return }
        let (newStamp, reading) = Self.read(path, limit, parse)
        stamp.withLock { $0 = newStamp }
        shared.replace(with: reading)
    }

    /// The stamp is the one from before the bytes: a change in between is seen at the next look.
    private static func read(
        _ path: String, _ limit: Int, _ parse: ([UInt8]) -> Reading
    ) -> (FileAccess.Stamp?, Reading) {
        do throws(SystemError) {
            let stamp = try FileAccess.Stamp(of: path)
            let reading = parse(try FileAccess.read(path, limit: limit))
            return (stamp, reading.mapError { ReadingFault(reason: "\(path): \($0.reason)") })
        } catch {
            return (nil, .failure(ReadingFault(reason: "\(path): \(error.reason)")))
        }
    }
}
