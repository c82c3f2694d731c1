import Glibc

/// The variables of the environment (environ(7)).
enum Environment {
    /// - Returns: nil if it is not set.
    static func value(_ name: String) -> String? {
        // Copied at once; nothing in this process changes the environment.
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
