import CLinux

/// Memory that a burst has left behind: buffers and tasks of thousands of streams, say. They were freed, but malloc keeps pages
/// that lie below anything that lives on.
///
/// The process has one allocator, so one worker looks after it. Giving pages back takes some milliseconds, in which other workers
/// may wait for malloc: it is done only for much memory that nobody has used for a while.
package struct UnusedMemory {
    /// Bytes: less is not worth the work.
    package static let worthwhile = 33_554_432
    /// Calls of `tick` from one look to the next: ten seconds of a worker.
    package static let ticksPerLook = 40

    private var tickCount = 0
    /// How much was unused at the last look, in bytes.
    private var before = 0

    package init() {}

    /// Time has passed. What was unused at two looks is given back at the second.
    /// - Parameters:
    ///   - unused: how many bytes are.
    ///   - release: gives them back.
    package mutating func tick(unused: () -> Int = { UnusedMemory.bytes }, release: () -> Void = ProcessMemory.returnUnused) {
        tickCount += 1
        guard tickCount % Self.ticksPerLook == 0 else { return }
        let bytes = unused()
        if min(bytes, before) >= Self.worthwhile { release() }
        before = bytes
    }

    /// How much the process holds that it does not use.
    package static var bytes: Int { Int(gh_unused_memory()) }
}
