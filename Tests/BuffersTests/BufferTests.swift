import Testing

@testable import Buffers

@Suite struct BufferTests {
    @Test func `what is filled is lent until it is consumed`() {
        let buffer = Buffer(capacity: 8)
        #expect(fill(buffer, [1, 2, 3]) == 3)
        #expect(contents(buffer) == [1, 2, 3] && buffer.count == 3 && buffer.room == 5)
        buffer.consume(2)
        #expect(contents(buffer) == [3] && buffer.room == 5)
        #expect(fill(buffer, [4, 5, 6, 7, 8]) == 5)
        #expect(contents(buffer) == [3, 4, 5, 6, 7, 8] && buffer.room == 0)
    }

    @Test func `compacting makes room behind what is unread`() {
        let buffer = Buffer(capacity: 4)
        fill(buffer, [1, 2, 3, 4])
        buffer.consume(3)
        buffer.compact()
        #expect(contents(buffer) == [4] && buffer.room == 3)
        fill(buffer, [5, 6, 7])
        #expect(contents(buffer) == [4, 5, 6, 7])
    }

    @Test func `an emptied buffer has all its room again`() {
        let buffer = Buffer(capacity: 4)
        fill(buffer, [1, 2, 3, 4])
        buffer.consume(4)
        #expect(buffer.isEmpty && buffer.room == 4)
    }

    @Test func `no more is taken than there is room for`() {
        let buffer = Buffer(capacity: 4)
        let bytes: [UInt8] = [1, 2, 3, 4, 5, 6]
        #expect(buffer.take(bytes.span) == 4)
        #expect(buffer.take(bytes.span) == 0)
        #expect(contents(buffer) == [1, 2, 3, 4])
    }

    @Test func `a fill that fails leaves the buffer as it was`() {
        struct Failed: Error {}
        let buffer = Buffer(capacity: 4)
        fill(buffer, [1])
        #expect(throws: Failed.self) {
            try buffer.append(atMost: 2) { output throws(Failed) in
                output.append(9)
                throw Failed()
            }
        }
        #expect(contents(buffer) == [1] && buffer.room == 3)
    }

    @Test func `whatever is done to it, it holds what an array would`() {
        let buffer = Buffer(capacity: 512)
        var model: [UInt8] = []
        var random = Dice(state: 1)
        for turn in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...96, using: &random)).map { UInt8(truncatingIfNeeded: turn &+ $0) }
            switch UInt8.random(in: 0..<5, using: &random) {
            case 0 where buffer.room > 0: model += bytes.prefix(fill(buffer, Array(bytes.prefix(buffer.room))))
            case 1: model += bytes.prefix(buffer.take(bytes.span))
            case 2 where bytes.count <= buffer.room:
                buffer.append(bytes.span)
                model += bytes
            case 3: buffer.compact()
            default:
                let count = Int.random(in: 0...model.count, using: &random)
                buffer.consume(count)
                model.removeFirst(count)
            }
            #expect(contents(buffer) == model && buffer.count == model.count)
        }
        #expect(!buffer.hasGrown)
    }

    @Test func `what does not fit makes it grow, and nothing is lost`() {
        let buffer = Buffer(capacity: 4)
        fill(buffer, [1, 2, 3])
        buffer.consume(1)
        let bytes = [UInt8](4...40)
        buffer.append(bytes.span)
        #expect(contents(buffer) == [2, 3] + bytes && buffer.hasGrown && buffer.room == 0)
        buffer.consume(buffer.count)
        #expect(buffer.isEmpty && buffer.room == 4)
    }

    @Test func `what is lent is not moved, nor lent again`() async {
        await #expect(processExitsWith: .failure) {
            let buffer = Buffer(capacity: 1)
            let bytes: [UInt8] = [1, 2]
            buffer.withBytes { _ in buffer.append(bytes.span) }
        }
        await #expect(processExitsWith: .failure) {
            let buffer = Buffer(capacity: 1)
            buffer.withBytes { _ in buffer.compact() }
        }
        await #expect(processExitsWith: .failure) {
            let buffer = Buffer(capacity: 1)
            buffer.withBytes { _ in buffer.withBytes { _ in } }
        }
    }

    @Test func `what is written is appended whole, once, behind what is there`() {
        for capacity in 1...40 {
            let buffer = Buffer(capacity: capacity)
            let start: [UInt8] = [1, 2]
            buffer.append(start.span)
            buffer.consume(1)
            buffer.append { _ in }
            for count in [1, 3, 30] {
                buffer.append { output in
                    for byte in 0..<UInt8(count) where !output.isFull { output.append(byte) }
                }
            }
            #expect(contents(buffer) == [2, 0, 0, 1, 2] + Array(0..<30))
            #expect(buffer.hasGrown == (capacity <= 36))
        }
    }

    @Test func `a pool whose small buffers must hold more gives no older ones out`() {
        let pool = BufferPool(smallCapacity: 16)
        let (lent, kept) = (pool.acquire(), pool.acquire())
        pool.release(kept)
        pool.hold(smallCapacity: 32)
        pool.release(lent)
        #expect(pool.acquire().capacity == 32 && pool.acquire(.bulk).capacity == 65_536)
        pool.hold(smallCapacity: 8)
        #expect(pool.acquire().capacity == 32)
    }

    @Test func `a pool gives buffers back out, of the size that was asked for`() {
        let pool = BufferPool(smallCapacity: 16_384)
        let small = pool.acquire()
        let bulk = pool.acquire(.bulk)
        #expect(small.capacity == 16_384 && bulk.capacity == 65_536)
        fill(small, [1])
        pool.release(small)
        pool.release(bulk)
        #expect(pool.acquire() === small && small.isEmpty)
        #expect(pool.acquire(.bulk) === bulk)
        #expect(pool.acquire() !== small)
    }

    @Test func `a buffer that had to grow is not kept`() {
        let pool = BufferPool(smallCapacity: 1024)
        let buffer = pool.acquire()
        let bytes = [UInt8](repeating: 0, count: 10_000)
        buffer.append(bytes.span)
        pool.release(buffer)
        #expect(pool.acquire() !== buffer)
    }

    @discardableResult
    private func fill(_ buffer: Buffer, _ bytes: [UInt8]) -> Int {
        unsafe buffer.freeRoom.copyBytes(from: bytes)
        unsafe buffer.didFill(bytes.count)
        return bytes.count
    }

    private func contents(_ buffer: Buffer) -> [UInt8] {
        buffer.withBytes { span in (0..<span.count).map { span[$0] } }
    }
}

/// A generator that throws the same in every run.
private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 32
    }
}
