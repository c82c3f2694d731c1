extension Configuration {
    /// Reads a configuration from TOML text.
    ///
    /// - Parameters:
    ///   - text: the TOML text.
    ///   - file: the file's name in messages.
    ///   - mode: what unknown keys are.
    /// - Returns: the configuration unless there is an error, and every problem there is, in the order of the file.
    package static func parse(text: String, file: String, mode: ReadMode = .strict) -> ReadResult {
        parse(bytes: Array(text.utf8), file: file, mode: mode).result
    }

    /// Reads a configuration file; as ``parse(text:file:mode:)``. A file that cannot be read is an error among the problems.
    package static func read(path: String, mode: ReadMode = .strict) -> ReadResult {
        switch TomlDocument.bytes(ofFileAt: path) {
        case .success(let bytes):
            return parse(bytes: bytes, file: path, mode: mode).result
        case .failure(let failure):
            let start = SourceLocation(file: path, line: 1, column: 1)
            let message = "cannot be read: \(failure.reason)"
            let problem = Problem(severity: .error, location: start, keyPath: "", message: message)
            return ReadResult(configuration: nil, problems: [problem], source: "")
        }
    }

    /// - Parameter notesKeys: whether to return every key that was asked for: the tests hold them against the reference page.
    static func parse(
        bytes: [UInt8], file: String, mode: ReadMode, notesKeys: Bool = false
    ) -> (result: ReadResult, knownKeys: Set<String>) {
        let reading = Reading(file: file, mode: mode, notesKeys: notesKeys)
        let source = String(decoding: bytes, as: UTF8.self)
        let root: TomlTable
        do {
            root = try TomlDocument.parse(bytes)
        } catch {
            reading.report(.error, "", at: error.position, error.message)
            let result = ReadResult(configuration: nil, problems: reading.sortedProblems(), source: source)
            return (result, reading.knownKeys)
        }
        let start = TomlPosition(line: 1, column: 1)
        let document = TableReader(reading: reading, name: .document, table: root, position: start)
        let configuration = read(document)
        let result = ReadResult(
            configuration: reading.hasError ? nil : configuration, problems: reading.sortedProblems(), source: source)
        return (result, reading.knownKeys)
    }

    private static func read(_ document: TableReader) -> Configuration {
        let reading = document.reading
        readCompatibility(document)
        let server = ServerIdentity(reading: document.table("server"))
        let loggingTable = document.table("logging")
        let logging = Logging(reading: loggingTable)
        let performance = Performance(reading: document.table("performance"))
        let limits = Limits(reading: document.table("limits"), keepAliveTimeout: performance.keepAliveTimeout)
        let dns = NameResolution(reading: document.table("dns"))
        let tls = GlobalTLS(reading: document.table("tls"))
        let fileCache = FileCache(reading: document.table("file_cache"))
        let security = Security(reading: document.table("security"))
        let management = Management(reading: document.table("management"))
        let admin = Admin(reading: document.table("admin"))
        let metrics = Metrics(reading: document.table("metrics"))
        let tracing = Tracing(reading: document.table("tracing"))
        let inherited = Site.Inherited(
            trustedProxies: security.trustedProxies, requestTimeout: performance.requestTimeout)
        let readers = siteTables(document)
        let read = readers.map { table, isFragment in
            (site: Site(reading: table, isFragment: isFragment, for: inherited), table: table)
        }
        let sites = SiteChecks.checked(read)
        let listeners = document.tables("tcp").map { (listener: TCPListener(reading: $0), table: $0) }
        TCPChecks.check(listeners, beside: read)
        logging.checkRotation(loggingTable, sites)
        document.finish()

        var configuration = Configuration(locations: reading.locations)
        configuration.server = server
        configuration.logging = logging
        configuration.performance = performance
        configuration.limits = limits
        configuration.dns = dns
        configuration.tls = tls
        configuration.fileCache = fileCache
        configuration.security = security
        configuration.management = management
        configuration.admin = admin
        configuration.metrics = metrics
        configuration.tracing = tracing
        configuration.sites = sites
        configuration.tcp = listeners.map(\.listener)
        return configuration
    }

    /// `compat = "bws"`: unknown keys are warnings, as with the mode.
    private static func readCompatibility(_ document: TableReader) {
        guard let compat = document.string(["compat"]) else { return }
        if compat.value == "bws" {
            document.reading.mode = .lenient
            document.reading.isForBWS = true
        } else {
            document.reading.error(compat, "unknown value \"\(compat.value)\"; the only one is \"bws\"")
        }
    }

    /// The tables of `[[sites]]`. `[sites.proxy]` without `[[sites]]` before it makes `sites` a table: a fragment of a
    /// configuration, as manuals show them, read as one site.
    private static func siteTables(_ document: TableReader) -> [(table: TableReader, isFragment: Bool)] {
        if let node = document.peek("sites"), case .table = node.value {
            document.reading.report(
                .warning, "sites", at: node.position,
                "[sites] is one table: read as the only site, \"localhost\" on port 8080 where it names none",
                hint: "begin each site with [[sites]]")
            _ = document.find(["sites"])
            return document.element(0, node, of: "sites").map { [($0, true)] } ?? []
        }
        let tables = document.tables("sites")
        if document.isAbsentOrEmpty("sites"), document.isAbsentOrEmpty("tcp") {
            document.missing("sites", hint: "add a [[sites]] table with hostname and port")
        }
        return tables.map { ($0, false) }
    }
}
