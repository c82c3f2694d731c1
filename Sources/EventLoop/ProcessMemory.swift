import CLinux

/// The memory of the process as a whole.
package enum ProcessMemory {
    /// Gives back to the kernel what has been freed and what the allocator keeps for later (malloc_trim(3)): after much has come
    /// and gone at once. Threads that allocate meanwhile wait for a moment: not for a request's way.
    package static func returnUnused() { gh_return_memory() }
}
