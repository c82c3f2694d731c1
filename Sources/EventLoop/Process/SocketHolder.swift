import Glibc

/// The process that has a socket open, as far as proc(5) shows it: root sees everybody's, others their own.
package struct SocketHolder: Sendable {
    /// Its number.
    package let process: Int32
    /// What it calls itself; nil if that is no plain word.
    package let name: String?

    /// Looks through the open files of all processes; not while clients wait.
    /// - Parameter inodes: the sockets' numbers, as `/proc/net/tcp` has them.
    /// - Returns: nil if nobody is seen to have any of them.
    package init?(ofAny inodes: Set<String>) {
        guard !inodes.isEmpty else { return nil }
        let wanted = Set(inodes.map { "socket:[\($0)]" })
        let processes = Self.names(in: "/proc").compactMap { Int32($0) }
        guard let process = processes.first(where: { Self.has(wanted, $0) }) else { return nil }
        self.process = process
        name = Self.name(of: process)
    }

    private static func has(_ targets: Set<String>, _ process: Int32) -> Bool {
        let folder = "/proc/\(process)/fd"
        return names(in: folder).contains { name in
            guard let target = FilePathSteps.link(at: "\(folder)/\(name)") else { return false }
            return targets.contains(target)
        }
    }

    /// A process may call itself anything: what would be more than a word where it is told is not taken.
    private static func name(of process: Int32) -> String? {
        guard let line = try? FileAccess.read("/proc/\(process)/comm", limit: 64) else { return nil }
        let name = line.prefix { $0 != 0x0A }
        return name.isEmpty || !name.allSatisfy { (0x21...0x7E).contains($0) } ? nil : String(decoding: name, as: UTF8.self)
    }

    /// None of a directory that is gone, or not this user's to read.
    private static func names(in directory: String) -> [String] {
        // Opened, read and closed here; an entry is copied before the next one is asked for.
        guard let stream = unsafe opendir(directory) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { start in
                unsafe start.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            names.append(name)
        }
        return names
    }
}
