package import Configuration

extension Configuration {
    /// Where spans go; nil if there are none.
    var spanDestination: Logging.Destination? {
        tracing.endpoint.map {
            .collector($0, service: tracing.serviceName ?? server.name, caFile: tracing.caFile)
        }
    }
}

extension Logs {
    /// Opens all that a configuration names.
    /// - Parameters:
    ///   - workers: how many will write access lines.
    ///   - previous: those in use; what goes where it went goes on in the same thread.
    /// - Throws: `LogOpenError`, or the system call that failed.
    package convenience init(of configuration: Configuration, workers: Int, after previous: Logs? = nil) throws {
        try self.init(
            configuration.logging, sites: configuration.sites, spans: configuration.spanDestination, workers: workers,
            after: previous)
    }
}
