import Glibc
import Synchronization

/// Many atomic words, 0 at first; memory is taken page by page, as they are written.
///
/// Swift has no safe array of atomics whose size is known at run time, and its lazy reference costs a thousand instructions for
/// each look.
///
/// `@safe`, for one thread: the memory is made in `init`, all of it zeroed, freed in `deinit`, and never leaves; each index is
/// checked. For several: the pointer is constant, and what it points to is used by atomic operations alone, each on one whole
/// aligned word. `deinit` comes after the last of them, since whoever calls one holds the object. What a thread has written
/// before it stores or replaces a word is seen by one that loads that word.
@safe package final class AtomicWords: Sendable {
    private nonisolated(unsafe) let words: UnsafeMutablePointer<Atomic<UInt64>>
    private let count: Int

    /// - Parameter count: of words, from 1.
    package init(count: Int) {
        // An atomic word is eight aligned bytes and nothing else, and of zero bytes it is 0; calloc(3) aligns for every type.
        guard let memory = unsafe calloc(count, 8) else { preconditionFailure("no memory") }
        unsafe words = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
        self.count = count
    }

    deinit { unsafe free(words) }

    /// The word at this index; traps where there is none.
    @inline(__always)
    package func load(_ index: Int) -> UInt64 {
        precondition(0..<count ~= index)
        return unsafe words[index].load(ordering: .acquiring)
    }

    /// Traps where there is no such word.
    @inline(__always)
    func store(_ word: UInt64, at index: Int) {
        precondition(0..<count ~= index)
        unsafe words[index].store(word, ordering: .releasing)
    }

    /// Puts `next` in place of `expected`; false if there is something else. Traps where there is none.
    @inline(__always)
    package func replace(_ expected: UInt64, by next: UInt64, at index: Int) -> Bool {
        precondition(0..<count ~= index)
        return unsafe words[index].compareExchange(expected: expected, desired: next, ordering: .acquiringAndReleasing).exchanged
    }
}
