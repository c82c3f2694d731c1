import Configuration

/// The variables of the environment (environ(7)).
enum Environment {
    /// - Returns: nil if it is not set.
    static func value(_ name: String) -> String? {
        EnvironmentVariables.ofProcess.value(name)
    }
}
