import Testing

@testable import Transport

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
        #expect(throws: Failed.self) { try unsafe buffer.fill { _ throws(Failed) in throw Failed() } }
        #expect(contents(buffer) == [1] && buffer.room == 3)
    }

    @Test func `a hundred thousand fills and consumes never move the memory`() {
        let buffer = Buffer(capacity: 4096)
        let before = buffer.allocated
        for turn in 0..<100_000 {
            if buffer.room == 0 { buffer.compact() }
            fill(buffer, [UInt8](repeating: UInt8(turn & 0xFF), count: min(buffer.room, turn % 97)))
            buffer.consume(min(buffer.count, turn % 89))
        }
        #expect(buffer.allocated == before && !buffer.hasGrown)
    }

    @Test func `a pool gives buffers back out, of the size that was asked for`() {
        let pool = BufferPool(smallCapacity: 16_384)
        let small = pool.acquire()
        let bulk = pool.acquire(.bulk)
        #expect(small.capacity == 16_384 && bulk.capacity == 65_536)
        small.append { $0.append(1) }
        pool.release(small)
        pool.release(bulk)
        #expect(pool.acquire() === small && small.isEmpty)
        #expect(pool.acquire(.bulk) === bulk)
        #expect(pool.acquire() !== small)
    }

    @Test func `a buffer that had to grow is not kept`() {
        let pool = BufferPool(smallCapacity: 1024)
        let buffer = pool.acquire()
        buffer.append { $0.append(contentsOf: [UInt8](repeating: 0, count: 10_000)) }
        pool.release(buffer)
        #expect(pool.acquire() !== buffer)
    }

    @discardableResult
    private func fill(_ buffer: Buffer, _ bytes: [UInt8]) -> Int {
        unsafe buffer.fill { room in
            unsafe room.copyBytes(from: bytes)
            return bytes.count
        }
    }

    private func contents(_ buffer: Buffer) -> [UInt8] {
        buffer.withBytes { span in (0..<span.count).map { span[$0] } }
    }
}
