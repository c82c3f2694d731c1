import CLinux
import Glibc

/// What stands in a directory, for a page about it: directories first, each kind by name.
package struct DirectoryListing: Equatable, Sendable {
    /// A file or a directory.
    package struct Entry: Equatable, Sendable {
        /// The name as the file system has it, whatever bytes these are.
        package let name: [UInt8]
        package let isDirectory: Bool
        /// Bytes; 0 for a directory.
        package let size: UInt64
        /// Seconds since 1970.
        package let modified: Int64
    }

    package var entries: [Entry] = []
    /// Is there more than was read?
    package var isCut = false

    /// Entries of a page, so that no directory holds a worker up for long.
    package static let maxEntries = 2000
    /// Names that are looked at for them.
    static let maxNames = 4 * maxEntries
}

extension Directory {
    /// Reads the directory at `path`, relative to the root; empty for the root itself. What nobody can have is left out: names
    /// that begin with a dot or that no path can spell, links that lead nowhere or out of the root, and what is neither file nor
    /// directory.
    /// Errors: as of `open`.
    func list(_ path: [UInt8]) throws(StaticError) -> DirectoryListing {
        guard !path.contains(0) else { throw .badPath(reason: "the path holds a NUL") }
        guard !Self.hidesSegment(path) else { throw Self.hidden }
        let descriptor = try openDirectory(path)
        // fdopendir(3) takes the descriptor over; closedir(3) closes it.
        guard let stream = unsafe fdopendir(descriptor) else {
            let error = errno
            close(descriptor)
            throw Self.classified(error)
        }
        defer { unsafe closedir(stream) }
        var listing = DirectoryListing()
        var room = [CChar](repeating: 0, count: 256)
        var looked = 0
        while true {
            // Safe: the room takes the longest name and its NUL, which is all that is written.
            let count = Int(unsafe gh_next_name(stream, &room))
            guard count > 0 else { break }
            looked += 1
            guard looked <= DirectoryListing.maxNames else {
                listing.isCut = true
                break
            }
            let name = room[..<count].map { UInt8(bitPattern: $0) }
            guard Self.canBeAsked(name), let entry = entry(name, in: path, descriptor) else { continue }
            guard listing.entries.count < DirectoryListing.maxEntries else {
                listing.isCut = true
                break
            }
            listing.entries.append(entry)
        }
        listing.entries.sort { one, other in
            one.isDirectory != other.isDirectory ? one.isDirectory : one.name.lexicographicallyPrecedes(other.name)
        }
        return listing
    }

    /// Can a request ask for it by its name? What is refused of paths (docs/paths.md), however it is escaped: control bytes, and
    /// backslashes.
    private static func canBeAsked(_ name: [UInt8]) -> Bool {
        name.first != UInt8(ascii: ".") && name.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
    }

    /// - Parameter directory: the directory at `path`, open.
    private func entry(_ name: [UInt8], in path: [UInt8], _ directory: Int32) -> DirectoryListing.Entry? {
        var facts = stat()
        let ended = name + [0]
        // Safe: the name ends with NUL and outlives the call, which fills the structure.
        let result = unsafe ended.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return Int32(-1) }
            return unsafe fstatat(directory, start.assumingMemoryBound(to: CChar.self), &facts, AT_SYMLINK_NOFOLLOW)
        }
        guard result == 0 else { return nil }
        let modified = Int64(facts.st_mtim.tv_sec)
        switch facts.st_mode & S_IFMT {
        case S_IFREG:
            return DirectoryListing.Entry(
                name: name, isDirectory: false, size: UInt64(clamping: facts.st_size), modified: modified)
        case S_IFDIR: return DirectoryListing.Entry(name: name, isDirectory: true, size: 0, modified: modified)
        case S_IFLNK:
            // Opened as for who asks for it: what is outside must not show even its size.
            switch try? open((path.isEmpty ? name : path + [UInt8(ascii: "/")] + name).span) {
            case .file(let file):
                return DirectoryListing.Entry(
                    name: name, isDirectory: false, size: file.facts.size, modified: file.facts.modified.seconds)
            case .directory: return DirectoryListing.Entry(name: name, isDirectory: true, size: 0, modified: modified)
            case nil: return nil
            }
        default: return nil
        }
    }
}
