import ACME
import ArgumentParser
import Configuration
import Fleet
import Gateway
import TLS
import Transport

/// A configuration file brought to the point where it could run.
struct LoadedPlan {
    let configuration: Configuration
    let plan: Plan
    /// What it was read from; empty if it was not.
    let source: ConfigurationSource
    /// The fleet's settings with the secret, read before privileges are dropped; nil: the gateway is of no fleet.
    var fleet: FleetMemberSettings?
    /// Nil: rate limits count here alone.
    var redis: RedisSettings?

    /// Reads, checks and builds; says everything that is wrong.
    /// - Parameters:
    ///   - policy: what becomes of a site that cannot be served whole.
    ///   - isCheck: whether what cannot be judged from here is told too.
    ///   - stickySecret: of the process whose place this one takes.
    /// - Throws: `ExitCode(1)` when there is an error.
    static func load(
        _ path: String, mode: ReadMode, workers: Int? = nil, policy: FaultPolicy = .refuse, isCheck: Bool = false,
        stickySecret: String? = nil
    ) throws -> LoadedPlan {
        try build(
            Configuration.read(path: path, mode: mode, with: StartThread()), workers: workers,
            policy: policy,
            isCheck: isCheck,
            stickySecret: stickySecret)
    }

    /// The same for a configuration that is in no file.
    /// - Parameter name: what to call it in messages.
    static func load(text: String, name: String) throws -> LoadedPlan {
        try build(Configuration.parse(text: text, file: name), workers: nil, policy: .refuse, isCheck: false)
    }

    private static func build(
        _ result: ReadResult, workers: Int?, policy: FaultPolicy, isCheck: Bool, stickySecret: String? = nil
    ) throws -> LoadedPlan {
        var (loaded, problems) = build(
            result, workers: workers, after: nil, policy: policy, stickySecret: stickySecret)
        if isCheck, let problem = managementProblem(result.configuration) {
            problems.append(problem)
            loaded = nil
        }
        Console.report(isCheck ? problems : problems.filter { $0.severity != .note }, source: result.source)
        guard let loaded else { throw ExitCode(1) }
        return loaded
    }

    /// What is wrong with the files of `[management]`, for those who look at a configuration: a gateway that runs reads them
    /// when it begins to listen, and may not be allowed to afterwards.
    static func managementProblem(_ configuration: Configuration?) -> Problem? {
        guard let configuration else { return nil }
        do throws(ControlServer.Unopened) {
            _ = try ControlServer.tlsNames(configuration.management)
            return nil
        } catch {
            return configuration.problem(.error, at: error.key, error.description, hint: error.remedy)
        }
    }

    /// Checks and builds what has been read; changes nothing that is live.
    /// - Parameters:
    ///   - previous: the plan in use, if there is one.
    ///   - policy: what becomes of a site that cannot be served whole; `plan.faults` says which are.
    /// - Returns: nil and why; or the plan, with what deserves a look.
    static func build(
        _ result: ReadResult, workers: Int?, after previous: Plan?, policy: FaultPolicy, stickySecret: String? = nil
    ) -> (loaded: LoadedPlan?, problems: [Problem]) {
        guard let configuration = result.configuration else { return (nil, result.problems) }
        if configuration.tls.keylogFile != nil { KeyLog.prepare() }
        var builder = PlanBuilder(configuration, previous: previous, policy: policy, stickySecret: stickySecret)
        if !result.source.isEmpty {
            // As long as `gatehouse history` writes it.
            builder.configurationHash = String(ContentHash.hexadecimal(Array(result.source.text.utf8)).prefix(12))
        }
        var problems = result.problems
        do throws(Privileges.Unavailable) { _ = try Privileges(configuration.server) } catch {
            problems.append(configuration.problem(.error, at: error.key, error.description))
            return (nil, problems)
        }
        let fleet: FleetMemberSettings?
        let redis: RedisSettings?
        do throws(FleetMemberSettings.Unusable) {
            fleet = try FleetMemberSettings.of(configuration)
            redis = try RedisSettings.of(configuration)
        } catch {
            problems.append(configuration.problem(.error, at: error.key, error.reason))
            return (nil, problems)
        }
        if redis != nil { builder.fleetSeeds = fleet?.secret.clientSeeds }
        let plan = builder.build(workers: workers)
        let loaded = plan.map {
            LoadedPlan(configuration: configuration, plan: $0, source: result.source, fleet: fleet, redis: redis)
        }
        return (loaded, problems + builder.problems)
    }

    /// A line for each site: where it listens and what it does.
    var summary: String {
        var rows = [["site", "listens on", "names", "serves"]]
        for site in configuration.sites {
            let scheme = site.ssl == nil ? "http" : "https"
            var serves: [String] = []
            if site.redirectToHTTPS && site.ssl == nil { serves.append("redirect to https") }
            serves += Self.few(site.routesInOrder.filter { $0.action == .proxy }) { "\($0.path) → \($0.upstream)" }
            if site.routesInOrder.contains(where: { $0.action != .proxy }) || site.action != nil { serves.append("own answers") }
            if let directory = site.staticDir { serves.append("files of \(directory)") }
            rows.append([
                site.name, "\(scheme) \(Self.address(of: site))", Self.few(site.hostnames) { $0 }.joined(separator: " "),
                serves.joined(separator: ", "),
            ])
        }
        for tcp in configuration.tcp {
            let pools =
                tcp.names.map { "\($0.hostnames.joined(separator: " ")) → \($0.upstream)" }
                + (tcp.upstream.map { ["everything else → \($0)"] } ?? [])
            let address = SocketAddress(literal: tcp.listen, port: UInt16(clamping: tcp.port))?.description ?? tcp.listen
            rows.append([tcp.name, "tcp \(address)", "", Self.few(pools) { $0 }.joined(separator: ", ")])
        }
        let records = plan.recordsSummary.map { "\nrecords of TLS 1.3: \($0)\nkTLS: \(KernelTLS.summary)" } ?? ""
        return Table.text(rows) + records + certificates + plan.stapling.map { "\nOCSP stapling of \($0)" }.joined()
            + plan.keySources.map { "\nkeys for tokens from \($0)" }.joined()
    }

    /// What fits a line of people's: the first eight, and how many more there are.
    private static func few<Item>(_ items: [Item], _ text: (Item) -> String) -> [String] {
        items.count <= 9 ? items.map(text) : items.prefix(8).map(text) + ["(\(items.count - 8) more)"]
    }

    /// A line for each certificate that ACME is to get.
    private var certificates: String {
        let known = plan.managed.isEmpty ? [] : CertificateStore(StateDirectory(plan.stateDirectory)).statuses()
        // Of two of one name, the first in the order of their folders.
        let ends = Dictionary(known.map { ($0.names.first, $0.notAfter) }, uniquingKeysWith: { first, _ in first })
        return plan.managed.map { certificate in
            let end = ends[certificate.name] ?? nil
            let state = end.map { "there until \(Timestamp.text(seconds: $0)), and renewed" } ?? "asked for at the start"
            let authority = certificate.authority
            return "\ncertificate of \(Self.few(certificate.names) { $0 }.joined(separator: ", ")): "
                + (authority.isLocal ? "from the internal CA" : "by ACME from \(authority.directory)") + ", \(state)"
        }.joined()
            + plan.demands.map { "\ncertificates on demand: \($0.summary)" }.joined()
    }

    private static func address(of site: Site) -> String {
        SocketAddress(literal: site.listen, port: UInt16(clamping: site.port))?.description ?? "\(site.listen):\(site.port)"
    }
}

/// Aligned columns for a terminal.
enum Table {
    /// - Parameter rows: the first is the heading.
    static func text(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }
            return cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
