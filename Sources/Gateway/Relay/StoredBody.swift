import EventLoop
import Glibc
import HTTP
import Messages

/// A request's whole body: in memory as long as it is short, else in a file without a name.
final class StoredBody {
    private let plan: StoragePlan
    private var memory: [UInt8] = []
    private var file: TemporaryFile?
    /// Bytes in the file.
    private var written = 0

    init(_ plan: StoragePlan) {
        self.plan = plan
    }

    deinit { if written > 0 { plan.used.release(written) } }

    /// Payload bytes.
    var count: Int { written + memory.count }

    /// - Throws: when there is no room on disk.
    func append(_ payload: Span<UInt8>) throws(Failure) {
        if memory.count + payload.count > plan.memory { try writeOut() }
        if payload.count > plan.memory { return try write(payload) }
        memory.append(copying: payload)
    }

    /// Writes out what is still in memory of a body that goes to disk: it is whole.
    func finish() throws(Failure) { if file != nil { try writeOut() } }

    private func writeOut() throws(Failure) {
        // Moved out: a span of it may not be lent while the object is used.
        var lent = exchange(&memory, with: [])
        try write(lent.span)
        lent.removeAll(keepingCapacity: true)
        memory = lent
    }

    private func write(_ bytes: Span<UInt8>) throws(Failure) {
        guard !bytes.isEmpty else { return }
        guard plan.used.claim(bytes.count, atMost: plan.disk) else {
            throw Failure(.requestStorageFull, status: 503, key: "limits.buffer_disk")
        }
        do throws(SystemError) {
            let file: TemporaryFile
            if let open = self.file { file = open } else { file = try TemporaryFile(in: plan.directory) }
            self.file = file
            try file.write(bytes, at: written)
            written += bytes.count
        } catch {
            plan.used.release(bytes.count)
            let isFull = error.code == ENOSPC || error.code == EDQUOT || error.code == EFBIG
            throw Failure(
                isFull ? .requestStorageFull : .requestStorageFailed, detail: "\(plan.directory): \(error)",
                key: "limits.buffer_dir", clientDetail: "")
        }
    }

    /// The body from its beginning.
    func reader() -> StoredBodyReader { StoredBodyReader(self) }

    /// - Parameter bytes: what was lent before; gets the next ones.
    /// - Returns: were there any?
    fileprivate func read(from offset: Int, into bytes: inout [UInt8]) throws(SystemError) -> Bool {
        guard let file else {
            bytes = offset == 0 ? memory : []
            return !bytes.isEmpty
        }
        guard offset < written else { return false }
        let most = min(written - offset, StoredBodyReader.chunk)
        if bytes.count != most { bytes = Array(repeating: 0, count: most) }
        let count = try file.read(into: &bytes, at: offset)
        if count < most { bytes.removeLast(most - count) }
        return count > 0
    }
}

/// One attempt's way through a stored body.
final class StoredBodyReader: BodySource {
    fileprivate static let chunk = 64 << 10

    private let body: StoredBody
    private var bytes: [UInt8] = []
    private var taken = 0
    private var total = 0
    /// Why the rest cannot be had.
    private(set) var failure: Failure?

    fileprivate init(_ body: StoredBody) {
        self.body = body
    }

    func nextBody() -> BodyState {
        if taken < bytes.count { return .ready(bytes.count - taken) }
        return total == body.count ? .finished : .needsBytes
    }

    func read() -> BodyRead {
        do throws(SystemError) {
            taken = 0
            if try body.read(from: total, into: &bytes) { return .progress }
            failure = Failure(.requestStorageFailed, detail: "the stored body is shorter than it was", clientDetail: "")
        } catch {
            failure = Failure(.requestStorageFailed, detail: "\(error)", clientDetail: "")
        }
        bytes = []
        return .end
    }

    func drain(_ take: (Span<UInt8>) throws(PeerError) -> Int) throws(PeerError) -> Int {
        guard taken < bytes.count else { return 0 }
        let lent = bytes
        let count = try take(lent.span.extracting(taken..<lent.count))
        taken += count
        total += count
        return count
    }

    var trailers: FieldSection { FieldSection() }
    var bodyBytes: UInt64 { UInt64(total) }
    var isBodyFinished: Bool { total == body.count }
}

extension [UInt8] {
    fileprivate mutating func append(copying payload: Span<UInt8>) {
        reserveCapacity(count + payload.count)
        for index in payload.indices { append(payload[index]) }
    }
}
