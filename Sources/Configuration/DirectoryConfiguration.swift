extension Configuration {
    /// The configuration of `gatehouse DIRECTORY`: one plain site on this machine alone, everything else at its default.
    /// - Parameter port: 0 lets the kernel choose.
    package static func serving(directory: String, port: Int) -> Configuration {
        var site = Site()
        site.name = directory
        site.hostnames = ["localhost"]
        site.listen = "127.0.0.1"
        site.port = port
        site.isDefault = true
        site.staticDir = directory
        site.indexFiles = ["index.html", "index.htm", "default.html"]
        var configuration = Configuration(locations: KeyLocations(name: directory))
        configuration.sites = [site]
        configuration.logging.format = .compact
        configuration.recorder.exchanges = 256
        return configuration
    }
}
