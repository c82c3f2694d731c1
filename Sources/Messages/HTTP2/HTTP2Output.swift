import Buffers
import HTTP
import HTTP2
import Transport

/// Frames on their way to the peer. They are collected, so that many answers share a TLS record and a system call.
final class HTTP2Output {
    private let stream: Stream
    private let buffers: BufferPool
    private var pending: Buffer?
    /// What the peer takes on the connection.
    var window = HTTP2SendWindow(FlowControl.initialWindow)
    /// The stream of the DATA frame that was added last, what that measures, and what waited with it; 0: it may have gone.
    private var lastData: (stream: UInt32, size: Int, end: Int) = (0, 0, 0)

    init(_ stream: Stream, buffers: BufferPool) {
        self.stream = stream
        self.buffers = buffers
    }

    /// Bytes that are not with TLS or the kernel.
    var count: Int { pending?.count ?? 0 }
    /// Is there anything to send?
    var isEmpty: Bool { pending == nil && !stream.hasUnsent }
    /// May a stream add DATA now?
    var hasRoom: Bool { window.isOpen && takesHeads }
    /// May a stream add a head that another follows? It needs no window.
    var takesHeads: Bool { count < Self.fill }

    /// DATA is taken up to this, so that what is more urgent does not wait behind more.
    private static let fill = 49_152

    /// Adds a frame that is small, or one of our own choosing.
    /// - Parameter compose: writes the same each time (see `Buffer.append(writing:)`).
    func append(_ compose: (inout OutputSpan<UInt8>) -> Void) {
        target(for: Self.smallFrame).append(writing: compose)
    }

    /// Adds a DATA frame with a prefix of the payload.
    /// - Parameter endsStream: the payload is the body's last.
    /// - Returns: how many bytes were taken; 0 when blocked.
    func appendData(
        _ identifier: UInt32, _ payload: Span<UInt8>, endsStream: Bool, maxFrameSize: Int
    ) throws(PeerError) -> Int {
        guard window.isOpen else { return 0 }
        let wanted = min(payload.count, window.left, maxFrameSize, Self.recordPayload)
        // Rather than a frame of a few bytes the room that a write makes.
        if count + wanted + FrameHeader.size > Self.capacity {
            _ = try flush()
            guard count + wanted + FrameHeader.size <= Self.capacity else { return 0 }
        }
        let flags = endsStream && wanted == payload.count ? FrameFlag.endStreamOrAck.rawValue : 0
        let target = target(for: wanted + FrameHeader.size)
        let header = FrameHeader(.data, flags: flags, stream: identifier, length: wanted)
        target.append { header.append(to: &$0) }
        target.append(payload.extracting(first: wanted))
        lastData = (identifier, wanted + FrameHeader.size, target.count)
        window.spend(wanted)
        return wanted
    }

    /// Adds the end of a stream: to its last DATA frame, if that still waits and nothing does behind it.
    func appendEnd(_ identifier: UInt32) {
        if lastData.stream == identifier, let pending, pending.count == lastData.end {
            lastData.stream = 0
            return pending.change(at: lastData.end - lastData.size + FrameHeader.flagsOffset) {
                $0 | FrameFlag.endStreamOrAck.rawValue
            }
        }
        let end = FrameHeader(.data, flags: FrameFlag.endStreamOrAck.rawValue, stream: identifier, length: 0)
        append { end.append(to: &$0) }
    }

    /// Bytes of payload of a DATA frame that fills, with its header, one TLS record.
    private static let recordPayload = 16_384 - FrameHeader.size
    /// Bytes that a bulk buffer holds (`BufferPool`).
    private static let capacity = 65_536

    /// Sends what waits.
    /// - Returns: is everything with the kernel?
    func flush() throws(PeerError) -> Bool {
        lastData.stream = 0
        do {
            while let waiting = pending.take() {
                defer { keep(waiting) }
                guard try stream.write(waiting) > 0 else { return false }
            }
            return try stream.flush()
        } catch {
            throw .connection(error)
        }
    }

    /// Gives the memory back; what waited is lost.
    func discard() {
        if let waiting = pending.take() { buffers.release(waiting) }
    }

    private func keep(_ waiting: Buffer) {
        if waiting.isEmpty {
            buffers.release(waiting)
        } else {
            // Behind what a full socket left there must be room again.
            if waiting.room < waiting.capacity / 4 { waiting.compact() }
            pending = waiting
        }
    }

    /// Frames that are no DATA seldom measure more.
    private static let smallFrame = 1024

    /// The buffer of what waits, with room for so many bytes: a small one as long as that will do, since each connection holds
    /// its own.
    private func target(for count: Int) -> Buffer {
        guard let begun = pending else {
            let target = buffers.acquire(count > Self.smallFrame * 8 ? .bulk : .small)
            pending = target
            return target
        }
        guard begun.room < count, begun.capacity < Self.capacity else { return begun }
        let target = buffers.acquire(.bulk)
        begun.withBytes { target.append($0) }
        buffers.release(begun)
        pending = target
        return target
    }
}
