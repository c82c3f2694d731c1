package import Configuration

extension Configuration {
    /// Where spans go; nil if there are none.
    package var spanDestination: Logging.Destination? {
        tracing.endpoint.map {
            .collector($0, service: tracing.serviceName ?? server.name, caFile: tracing.caFile)
        }
    }
}
