import ArgumentParser
import Configuration
import EventLoop
import Gateway
import Glibc
import Logging
import TLS

/// `gatehouse run -c FILE`, and, being the default, `gatehouse -c FILE` and `gatehouse DIR`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Serve a configuration, or a directory, until SIGTERM or Ctrl-C.",
        usage: """
            gatehouse run -c FILE [--workers N] [--watch] [--lenient] [--strict]
            gatehouse run -c FILE --dry-run
            gatehouse run DIRECTORY [--port N] [--workers N]
            """,
        discussion: """
            SIGTERM, SIGINT and SIGQUIT stop gracefully: no new connections, exchanges in
            flight finish within limits.drain_timeout. A second SIGTERM or SIGINT stops at
            once. SIGHUP reloads the configuration and opens the log files again,
            SIGUSR1 only opens the log files. SIGUSR2 writes what the flight recorder keeps
            to a file.
            """)

    @Argument(help: "A directory to serve over plain HTTP, instead of a configuration.")
    var directory: String?

    @Option(name: [.short, .long], help: "The configuration file.")
    var config: String?

    @Option(help: "How many workers (default: [performance] worker_threads, else one per core).")
    var workers: Int?

    @Option(name: [.short, .long], help: "The port, when serving a directory (default: 8080).")
    var port: Int?

    @Flag(help: "Only check the configuration, as gatehouse check does.")
    var dryRun = false

    @Flag(help: "Unknown keys are warnings instead of errors.")
    var lenient = false

    @Flag(help: "A site that cannot be served is an error: nothing is served then.")
    var strict = false

    @Flag(help: "Reload the configuration when its file changes.")
    var watch = false

    func validate() throws {
        if directory != nil, config != nil { throw ValidationError("Give a directory or --config, not both.") }
        if let directory, dryRun || lenient || strict || watch {
            throw ValidationError(
                "--dry-run, --lenient, --strict and --watch are for a configuration, which is named with -c: "
                    + "\"\(directory)\" is taken for a directory.")
        }
        if directory == nil, port != nil {
            throw ValidationError("--port is for a directory: of a configuration each site has its own (sites.port).")
        }
        if let workers, !(1...1024).contains(workers) { throw ValidationError("--workers must be from 1 to 1024.") }
        if let port, !(0...65535).contains(port) { throw ValidationError("--port must be from 0 to 65535.") }
    }

    func run() async throws {
        let inheritance = try Inheritance.take()
        if let directory { return try await serve(directory, inheritance) }
        let path = try DefaultConfiguration.path(config)
        let policy = strict || dryRun ? FaultPolicy.refuse : .degrade
        let mode = ReadMode(lenient: lenient)
        let maker = try PlanMaker()
        let loaded = try await maker.load(
            path, mode: mode, workers: workers, policy: policy, isCheck: dryRun,
            stickySecret: inheritance?.stickySecret)
        if dryRun {
            Console.say(loaded.summary)
            Console.say("\(path) is right")
            return
        }
        if let file = loaded.configuration.tls.keylogFile { try Self.openKeyLog(file) }
        let source = Reloader.Source(path: path, mode: mode, policy: policy, isWatched: watch, maker: maker)
        try await GatewayProcess.run(consume loaded, GatewayProcess.StartOptions(source: source, inheritance: inheritance))
    }

    private static func openKeyLog(_ file: String) throws {
        do throws(TLSError) {
            try KeyLog.open(file)
        } catch {
            Console.error("gatehouse: tls.keylog_file: \(file): \(error.reason)")
            throw ExitCode(1)
        }
    }

    /// One site of one directory on this machine's loopback.
    private func serve(_ directory: String, _ inheritance: Inheritance?) async throws {
        let configuration = Configuration.serving(directory: directory, port: port ?? 8080)
        var builder = PlanBuilder(configuration)
        guard let plan = builder.build(workers: workers) else {
            for problem in builder.problems where problem.severity == .error { Console.error("gatehouse: \(problem.message)") }
            // Behind "run" it was meant as a directory.
            if CommandLine.arguments.dropFirst().first == directory, let advice = Gatehouse.advice(on: directory) {
                Console.error(advice)
            }
            // What is there, but not as a directory, is a file: check takes one without -c.
            if FileAccess.isReadable(directory), !FileAccess.isReadable(directory + "/") {
                Console.error("A configuration is named with -c: gatehouse run -c \(directory)")
            }
            throw ExitCode(1)
        }
        let loaded = LoadedPlan(configuration: configuration, plan: plan, source: ConfigurationSource())
        try await GatewayProcess.run(loaded, GatewayProcess.StartOptions(inheritance: inheritance))
    }
}
