/// A whole configuration: typed, complete, every default applied. It is what the TOML file says and nothing more: no file it
/// names has been opened, no name resolved.
///
/// Made by ``parse(text:file:mode:)`` or ``read(path:mode:)``; the plan is built from it. Key paths are written as in the
/// file, arrays with an index: `sites[0].proxy.upstreams[1].url`.
package struct Configuration: Sendable {
    package var server = ServerIdentity()
    package var logging = Logging()
    package var performance = Performance()
    package var limits = Limits()
    package var dns = NameResolution()
    package var tls = GlobalTLS()
    package var fileCache = FileCache()
    package var security = Security()
    package var management = Management()
    package var admin = Admin()
    package var metrics = Metrics()
    package var tracing = Tracing()
    package var recorder = Recorder()
    /// Nil: the gateway is of no fleet.
    package var fleet: FleetSettings?
    /// In the order of the file.
    package var sharedPools: [SharedPool] = []
    /// In the order of the file; never empty in a configuration without errors and without `tcp`.
    package var sites: [Site] = []
    /// In the order of the file.
    package var tcp: [TCPListener] = []
    /// How each of `sites` was read, or empty.
    var parsedSites: [ParsedSite?] = []

    /// Where each written key stands.
    var locations = KeyLocations(name: "")

    /// How a site was read; nil if the next configuration reads it again in any case.
    package func parsedSite(_ index: Int) -> ParsedSite? { index < parsedSites.count ? parsedSites[index] : nil }

    /// The place of a key in its file, for messages about what only the plan can know (a missing certificate, say).
    ///
    /// - Parameter keyPath: such as `sites[0].ssl.cert_file`, in this project's spelling even where the file uses another
    ///   accepted one.
    /// - Returns: the place of the key; of the nearest table around it that is written, when the key itself is a default;
    ///   nil when none of them is in the file.
    package func location(of keyPath: String) -> SourceLocation? {
        locations.nearest(to: keyPath)
    }

    /// Does the file write this very key?
    package func isWritten(_ keyPath: String) -> Bool { locations.location(of: keyPath) != nil }

    /// A problem placed at `keyPath` (see ``location(of:)``), for checks made after reading.
    package func problem(
        _ severity: Problem.Severity, at keyPath: String, _ message: String, hint: String? = nil
    ) -> Problem {
        let start = SourceLocation(file: locations.files[0], line: 1, column: 1)
        return Problem(
            severity: severity, location: location(of: keyPath) ?? start, keyPath: keyPath, message: message, hint: hint)
    }
}

/// `[server]`: the installation's name, state directory and user.
package struct ServerIdentity: Sendable, Equatable {
    package var name = "gatehouse"
    /// Shown with the name; nil: the program's own version.
    package var version: String?
    package var description = ""
    /// The directory of what must outlive the process, such as certificates got by ACME; as the file writes it.
    package var stateDir = "/var/lib/gatehouse"
    /// May that directory be in memory alone (tmpfs), although certificates of public authorities are kept there?
    package var volatileState = false
    /// The user that the process becomes once everything is open, if started as root; nil: it stays root.
    package var user: String?
    /// The group that it becomes; nil: the user's own.
    package var group: String?

    package init() {}
}
