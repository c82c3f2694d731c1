import Glibc

/// The descriptors of this process.
package enum OpenDescriptors {
    /// How many are open; 0 if the kernel does not say (proc(5), `/proc/PID/fd`).
    package static var count: Int {
        var status = stat()
        // The call fills the struct during itself. From Linux 6.2 on the directory's size is their number.
        if unsafe stat("/proc/self/fd", &status) == 0, status.st_size > 0 { return Int(status.st_size) }
        // Opened, read and closed here alone.
        guard let directory = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        // Not itself, its parent, and the one that reads them.
        return max(0, count - 3)
    }
}
