import EventLoop
import TestSupport
import Testing

@Suite("Memory that a burst has left behind")
struct UnusedMemoryTests {
    @Test(
        "is seen, and goes back to the kernel though something lives above it",
        .disabled(if: Place.isSanitized, "a sanitizer has an allocator of its own"))
    func givenBack() {
        let before = UnusedMemory.bytes
        // A little that stays is between all that goes.
        var staying: [[UInt8]] = []
        var going: [[UInt8]] = []
        for _ in 0..<16_000 {
            going.append([UInt8](repeating: 1, count: 16_384))
            staying.append([UInt8](repeating: 1, count: 64))
        }
        going = []
        let left = UnusedMemory.bytes
        // Other tests lend and give back in the meantime, but not so much.
        #expect(left - before > 128 << 20)
        ProcessMemory.returnUnused()
        #expect(left - UnusedMemory.bytes > 128 << 20)
        #expect(staying.count == 16_000)
    }

    @Test("is given back when it was there at two looks, and not before")
    func patience() {
        var memory = UnusedMemory()
        var given = 0
        let unused = UnusedMemory.worthwhile
        func ticks(_ count: Int, _ bytes: Int) {
            for _ in 0..<count { memory.tick(unused: { bytes }, release: { given += 1 }) }
        }
        ticks(UnusedMemory.ticksPerLook, unused)
        #expect(given == 0)
        ticks(UnusedMemory.ticksPerLook, unused - 1)
        ticks(UnusedMemory.ticksPerLook, unused)
        #expect(given == 0)
        ticks(UnusedMemory.ticksPerLook - 1, unused)
        #expect(given == 0)
        ticks(1, unused)
        #expect(given == 1)
    }
}
