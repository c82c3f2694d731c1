import Glibc

/// What may be done with a file, before it is needed.
package enum FileAccess {
    /// Why the file cannot be read; nil if it can.
    package static func problem(reading path: String) -> SystemError? {
        unsafe access(path, R_OK) == 0 ? nil : SystemError("access")
    }

    /// Why lines cannot be appended to the file, or it cannot be made; nil if they can. Changes nothing.
    package static func problem(appendingTo path: String) -> SystemError? {
        var status = stat()
        // The calls read the path, which Swift ends with a zero byte, and fill the struct, during the call alone.
        if unsafe stat(path, &status) == 0 {
            if status.st_mode & S_IFMT == S_IFDIR { return SystemError("open", code: EISDIR) }
            return unsafe faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 ? nil : SystemError("open")
        }
        guard errno == ENOENT else { return SystemError("open") }
        let directory = directory(of: path)
        guard unsafe stat(directory, &status) == 0 else { return SystemError("open") }
        return unsafe faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) == 0 ? nil : SystemError("open")
    }

    /// The directory that a file's path leads into.
    package static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
