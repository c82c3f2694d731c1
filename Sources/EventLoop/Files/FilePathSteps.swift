import Glibc

/// The way to a file: each directory on it, and the name that is looked up there. Links are followed as the kernel does.
package struct FilePathSteps {
    /// One look-up.
    package struct Step: Hashable, Sendable {
        package var directory: String
        package var name: String
    }

    /// The kernel gives up after so many links (path_resolution(7)).
    private static let maxLinks = 40

    /// The steps to a file, as far as there is something; the last one may find nothing.
    /// - Parameter path: a relative one begins at the working directory.
    package static func all(of path: String) -> [Step] {
        var steps: [Step] = []
        var directory = path.hasPrefix("/") ? "/" : workingDirectory
        var rest = Array(path.split(separator: "/").map(String.init).reversed())
        // The directories above a relative path can be replaced, too.
        if directory != "/" {
            rest += directory.split(separator: "/").map(String.init).reversed()
            directory = "/"
        }
        var links = 0
        while let name = rest.popLast() {
            if name == "." { continue }
            if name == ".." {
                directory = FileAccess.directory(of: directory)
                continue
            }
            steps.append(Step(directory: directory, name: name))
            let whole = directory == "/" ? "/\(name)" : "\(directory)/\(name)"
            guard let target = link(at: whole) else {
                directory = whole
                continue
            }
            links += 1
            guard links <= maxLinks else { break }
            if target.hasPrefix("/") { directory = "/" }
            rest += target.split(separator: "/").map(String.init).reversed()
        }
        return steps
    }

    /// Where a symbolic link points to; nil if it is none.
    static func link(at path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        // readlink(2) writes at most the buffer's own length into it, and reads the path during the call alone.
        let count = unsafe readlink(path, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    private static var workingDirectory: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        // getcwd(3) writes at most the buffer's own length into it.
        guard unsafe getcwd(&buffer, buffer.count) != nil else { return "/" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
