import Configuration

extension Configuration {
    /// Where what must outlive the process is kept: `server.state_dir`, or, where that is not written, what a service manager has
    /// set (`STATE_DIRECTORY` of systemd.exec(5)).
    var stateDirectoryInUse: String {
        guard !namesStateDirectory, let given = Environment.value("STATE_DIRECTORY")?.split(separator: ":").first else {
            return server.stateDir
        }
        return String(given)
    }

    /// Has the operator chosen it?
    var namesStateDirectory: Bool { server.stateDir != ServerIdentity().stateDir }
}
