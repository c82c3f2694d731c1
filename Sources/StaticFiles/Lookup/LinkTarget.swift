import CLinux
import Glibc

/// Where a path ends whose links take a way outside the root: absolute links, and those with more `..` than there are
/// directories. openat2(2) refuses them by their spelling, wherever they lead.
enum LinkTarget {
    /// - Parameters:
    ///   - name: relative to the root, NUL-terminated.
    ///   - root: the descriptor of the root.
    /// - Returns: the name, relative to the root, free of links and NUL-terminated, of what stands there; nil if the path ends
    ///   outside, or nowhere, or if there is no proc(5). It is what was true a moment ago, and no proof: who opens it
    ///   confines that again.
    static func find(_ name: [UInt8], from root: Int32) -> [UInt8]? {
        let end = unsafe name.withUnsafeBytes { bytes in
            // Safe: `name` ends with NUL and outlives the call; the kernel only reads it.
            guard let start = bytes.baseAddress else { return -EINVAL }
            return unsafe gh_follow(root, start.assumingMemoryBound(to: CChar.self))
        }
        guard end >= 0 else { return nil }
        defer { close(end) }
        guard let path = realPath(of: end), let base = realPath(of: root) else { return nil }
        return relative(path, to: base).map { $0 + [0] }
    }

    /// - Parameters:
    ///   - path: absolute, free of links.
    ///   - base: likewise.
    /// - Returns: nil if the path is not below the base; "." if it is the base.
    static func relative(_ path: [UInt8], to base: [UInt8]) -> [UInt8]? {
        let slash = UInt8(ascii: "/")
        guard path.first == slash, base.first == slash else { return nil }
        if path == base { return [UInt8(ascii: ".")] }
        // Only the root of all directories ends with a slash.
        let prefix = base.count == 1 ? base : base + [slash]
        return path.starts(with: prefix) ? Array(path.dropFirst(prefix.count)) : nil
    }

    private static func realPath(of descriptor: Int32) -> [UInt8]? {
        var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let length = unsafe path.withUnsafeMutableBytes { bytes in
            // Safe: readlink(2) writes at most as many bytes as the array has.
            guard let start = bytes.baseAddress else { return 0 }
            return unsafe gh_real_path(descriptor, start.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        return length > 0 ? Array(path.prefix(length)) : nil
    }
}
