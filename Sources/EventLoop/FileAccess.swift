import Glibc

/// What may be done with a file, before it is needed.
package enum FileAccess {
    /// Why the file cannot be read; nil if it can.
    package static func problem(reading path: String) -> SystemError? {
        unsafe access(path, R_OK) == 0 ? nil : SystemError("access")
    }
}
