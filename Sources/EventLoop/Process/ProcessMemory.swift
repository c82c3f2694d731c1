import CLinux

/// The memory of the process as a whole.
package enum ProcessMemory {
    /// Gives back to the kernel what has been freed and what the allocator keeps for later (malloc_trim(3)): after much has come
    /// and gone at once. Threads that allocate meanwhile wait for a moment: not for a request's way.
    package static func returnUnused() { gh_give_back_memory() }

    /// Bytes that the program has of the allocator (mallinfo2(3)). What is resident beyond that, and the program's own files, are
    /// pages on which something lives, or that have not been given back yet. It looks through all that is free: milliseconds.
    package static var allocated: UInt64 { UInt64(gh_lent_memory()) }
}
