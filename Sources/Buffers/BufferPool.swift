/// The buffers of one worker. A connection that waits holds none: it takes one when bytes arrive and gives it back when they are
/// gone.
package final class BufferPool {
    /// Which size of buffer.
    package enum Size {
        /// A kibibyte: a message or a small answer, of which many can wait at a time on the streams of one connection.
        case tiny
        /// What a head may measure, at least 16 KiB: heads and small bodies.
        case small
        /// 64 KiB, for streaming big bodies: four TLS records a turn.
        case bulk
    }

    // More than these are not kept: a burst must not hold memory for ever.
    private let tiny = FreeBuffers(keeping: 512)
    private let small = FreeBuffers(keeping: 64)
    private let bulk = FreeBuffers(keeping: 16)
    private var smallCapacity: Int
    private static let bulkCapacity = 65_536
    /// Bytes of a tiny buffer.
    package static let tinyCapacity = 1_024

    /// How many buffers there are.
    package struct Counts: Equatable {
        /// Lent, and not given back yet.
        package var used: Int
        /// Small buffers that wait for the next who needs one, and tiny ones.
        package var smallKept: Int
        package var bulkKept: Int
    }

    private var used = 0

    /// The buffers as they stand.
    package var counts: Counts { Counts(used: used, smallKept: small.count + tiny.count, bulkKept: bulk.count) }

    /// - Parameter smallCapacity: bytes of a small buffer; at least what a head may measure.
    package init(smallCapacity: Int) {
        self.smallCapacity = smallCapacity
    }

    /// Small buffers that are made from now on hold at least so many bytes: the limit of a head has been raised.
    package func hold(smallCapacity: Int) {
        guard smallCapacity > self.smallCapacity else { return }
        self.smallCapacity = smallCapacity
        while small.take() != nil {}
    }

    /// An empty buffer, which is the caller's until it is released.
    package func acquire(_ size: Size = .small) -> Buffer {
        used &+= 1
        return switch size {
        case .tiny: tiny.take() ?? Buffer(capacity: Self.tinyCapacity)
        case .small: small.take() ?? Buffer(capacity: smallCapacity)
        case .bulk: bulk.take() ?? Buffer(capacity: Self.bulkCapacity)
        }
    }

    /// Takes a buffer back, whatever it holds; one that has grown, or that is beyond what is kept, is freed.
    package func release(_ buffer: consuming Buffer) {
        used &-= 1
        buffer.clear()
        guard !buffer.hasGrown else { return }
        if buffer.capacity == smallCapacity {
            small.put(buffer)
        } else if buffer.capacity == Self.bulkCapacity {
            bulk.put(buffer)
        } else if buffer.capacity == Self.tinyCapacity {
            tiny.put(buffer)
        }
    }
}

/// Buffers that nobody uses, in a list through themselves: taking one and giving it back moves two references. The last one
/// given back is the first to go: it is still in the processor's caches.
private final class FreeBuffers {
    private var first: Buffer?
    private(set) var count = 0
    private let limit: Int

    init(keeping limit: Int) {
        self.limit = limit
    }

    func take() -> Buffer? {
        guard let taken = first.take() else { return nil }
        first = taken.next.take()
        count -= 1
        return taken
    }

    func put(_ buffer: consuming Buffer) {
        guard count < limit else { return }
        buffer.next = first.take()
        first = buffer
        count += 1
    }

    deinit {
        // One by one: a list that frees itself from its head would recurse.
        while take() != nil {}
    }
}
