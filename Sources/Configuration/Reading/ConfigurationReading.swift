extension Configuration {
    /// Reads a configuration from TOML text. What it includes is read from the disk.
    ///
    /// - Parameters:
    ///   - text: the TOML text.
    ///   - file: the file's name in messages, from whose directory included files are looked for.
    ///   - mode: what unknown keys are.
    ///   - environment: what `${NAME}` stands for.
    /// - Returns: the configuration unless there is an error, and every problem there is, in the order of the file.
    package static func parse(
        text: String, file: String, mode: ReadMode = .strict, environment: EnvironmentVariables = .ofProcess
    ) -> ReadResult {
        parse(bytes: Array(text.utf8), file: file, mode: mode, environment: environment).result
    }

    /// Reads a configuration file and those that it includes; as ``parse(text:file:mode:environment:)``. A file that cannot be
    /// read is an error among the problems.
    /// - Parameters:
    ///   - previous: a configuration that was read before: sites whose text is as it was are taken over from it.
    ///   - thread: does a part of it, if there is no such configuration; nil: nobody does.
    package static func read(
        path: String, mode: ReadMode = .strict, environment: EnvironmentVariables = .ofProcess,
        after previous: Configuration? = nil, with thread: (any ReadingThread)? = nil
    ) -> ReadResult {
        var input = Input(path: path, files: .disk, mode: mode, environment: environment)
        input.thread = thread
        return read(input, after: previous).result
    }

    /// Reads a configuration from texts that were read before: nothing else is looked for on the disk.
    /// - Parameters:
    ///   - previous: as of ``read(path:mode:environment:after:with:)``.
    ///   - thread: in the same way.
    package static func read(
        _ source: ConfigurationSource, mode: ReadMode = .strict, environment: EnvironmentVariables = .ofProcess,
        after previous: Configuration? = nil, with thread: (any ReadingThread)? = nil
    ) -> ReadResult {
        var input = Input(
            path: source.files.first?.path ?? "", files: .kept(source.files), mode: mode, environment: environment)
        (input.remark, input.thread) = (source.remark, thread)
        return read(input, after: previous).result
    }

    /// - Parameter notesKeys: whether to return every key that was asked for: the tests hold them against the reference page.
    static func parse(
        bytes: [UInt8], file: String, mode: ReadMode, notesKeys: Bool = false,
        environment: EnvironmentVariables = .ofProcess
    ) -> (result: ReadResult, knownKeys: Set<String>) {
        var input = Input(path: file, files: .disk, mode: mode, environment: environment)
        (input.content, input.notesKeys) = (bytes, notesKeys)
        return read(input, after: nil)
    }

    /// What a configuration is read from.
    private struct Input {
        var path: String
        /// The content of the file at the path; nil: it is read.
        var content: [UInt8]?
        var files: ConfigurationFiles
        var mode: ReadMode
        var environment: EnvironmentVariables
        var notesKeys = false
        /// What stands behind the files' names in messages.
        var remark = ""
        var thread: (any ReadingThread)?
    }

    /// In pieces at first, which is faster where sites are as they were. What is wrong, or is not written as people write it, is
    /// read as a whole: then every message has its place, whatever was taken over.
    private static func read(_ input: Input, after previous: Configuration?) -> (result: ReadResult, knownKeys: Set<String>) {
        var attempt = readInPieces(input, after: previous)
        if attempt.configuration == nil || attempt.reading.hasError {
            attempt = readWhole(input, attempt.gathering.files)
        }
        let (configuration, reading, gathering) = attempt
        var source = gathering.source
        source.remark = input.remark
        let result = ReadResult(
            configuration: reading.hasError ? nil : configuration, problems: reading.sortedProblems(), source: source)
        return (result, reading.knownKeys)
    }

    /// A configuration, nil if it cannot be read so, and what was read and found on the way.
    private typealias Attempt = (configuration: Configuration?, reading: Reading, gathering: DocumentGathering)

    private static func readInPieces(_ input: Input, after previous: Configuration?) -> Attempt {
        let reading = Reading(
            file: input.path, mode: input.mode, notesKeys: input.notesKeys, remark: input.remark, notesSpellings: false)
        var gathering = DocumentGathering(reading, SeenFiles(input.files), input.environment, inPieces: !input.notesKeys)
        let root = gathering.gather(input.path, content: input.content)
        guard !input.notesKeys, let root, !gathering.isDoubtful, !reading.hasError else { return (nil, reading, gathering) }
        return (try? read(root, reading, gathering.sites, after: previous, with: input.thread), reading, gathering)
    }

    private static func readWhole(_ input: Input, _ files: SeenFiles) -> Attempt {
        let reading = Reading(file: input.path, mode: input.mode, notesKeys: input.notesKeys, remark: input.remark)
        var gathering = DocumentGathering(reading, files, input.environment)
        let root = gathering.gather(input.path, content: input.content)
        return (root.flatMap { try? read($0, reading, nil, after: nil) }, reading, gathering)
    }

    /// - Parameter pieces: the tables of `sites`; nil: they are in the root.
    /// - Throws: if these cannot be read one by one.
    private static func read(
        _ root: TomlTable, _ reading: Reading, _ pieces: [SiteSource]?, after previous: Configuration?,
        with thread: (any ReadingThread)? = nil
    ) throws(SitesReading.Doubt) -> Configuration {
        let start = TomlPosition(line: 1, column: 1)
        let document = TableReader(reading: reading, name: .document, table: root, position: start)
        readCompatibility(document)
        // Its files are part of the document already.
        _ = document.find(["include"])
        var configuration = Configuration()
        let performanceTable = document.table("performance")
        configuration.readGlobalSections(document, performanceTable)
        let loggingTable = document.table("logging")
        configuration.logging = Logging(reading: loggingTable)
        let poolTables = document.tables("upstreams")
        configuration.sharedPools = poolTables.compactMap(SharedPool.init(reading:))
        let inherited = Site.Inherited(
            trustedProxies: configuration.security.trustedProxies, requestTimeout: configuration.performance.requestTimeout,
            sharedPools: SharedPoolChecks.names(poolTables))
        var sitesReading = SitesReading(document, inherited, after: previous?.parsedSites ?? [])
        try sitesReading.add(pieces ?? [], with: previous == nil ? thread : nil)
        var read = sitesReading.read
        // The document's own tell as well that there are none.
        if read.isEmpty {
            read = siteTables(document).map { (site: Site(reading: $0, isFragment: $1, for: inherited), table: $0) }
        } else {
            _ = document.find(["sites"])
        }
        let problems = reading.problemCount
        configuration.sites = SiteChecks.checked(read)
        // What is said of sites beside each other has its place in the whole text alone, and is sure only where all was read.
        if pieces != nil, reading.problemCount > problems { throw SitesReading.Doubt() }
        configuration.parsedSites = sitesReading.results
        TunnelChecks.checkConnections(performanceTable, configuration.performance.maxConnections, of: configuration.sites)
        SharedPoolChecks.checkUse(poolTables, by: configuration.sites)
        SharedPoolChecks.checkCookies(poolTables, configuration.sharedPools, by: configuration.sites)
        let listeners = document.tables("tcp").map { (listener: TCPListener(reading: $0), table: $0) }
        TCPChecks.check(listeners, beside: read)
        configuration.tcp = listeners.map(\.listener)
        configuration.logging.checkRotation(loggingTable, configuration.sites)
        if !reading.hasError { configuration.logging.checkReceivers(loggingTable, configuration.sites) }
        document.finish()
        configuration.locations = reading.locations(root, sitesReading.locations)
        return configuration
    }

    /// Those of the tables that stand alone.
    private mutating func readGlobalSections(_ document: TableReader, _ performanceTable: TableReader) {
        server = ServerIdentity(reading: document.table("server"))
        performance = Performance(reading: performanceTable)
        let limitsTable = document.table("limits")
        limits = Limits(reading: limitsTable, keepAliveTimeout: performance.keepAliveTimeout)
        if limits.maxConnectionsPerClient >= performance.maxConnections {
            limitsTable.warnUseless(
                "max_connections_per_client", because: "one client can have all \(performance.maxConnections) connections",
                hint: "make it less than performance.max_connections")
        }
        dns = NameResolution(reading: document.table("dns"))
        tls = GlobalTLS(reading: document.table("tls"))
        fileCache = FileCache(reading: document.table("file_cache"))
        security = Security(reading: document.table("security"))
        management = Management(reading: document.table("management"))
        admin = Admin(reading: document.table("admin"))
        metrics = Metrics(reading: document.table("metrics"))
        tracing = Tracing(reading: document.table("tracing"))
        recorder = Recorder(reading: document.table("recorder"))
        fleet = FleetSettings.read(document.table("fleet"))
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
        if !document.reading.lacksFile, document.isAbsentOrEmpty("sites"), document.isAbsentOrEmpty("tcp") {
            document.missing("sites", hint: "add a [[sites]] table with hostname and port")
        }
        return tables.map { ($0, false) }
    }
}
