import ACME
import ArgumentParser
import Demo
import EventLoop
import Transport

/// `gatehouse demo`
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "See it work: an echo service and a chat room over TLS.",
        usage: """
            gatehouse demo [--port N] [--plain-port N] [--certs DIR] [--listen IP]
            gatehouse demo --plain [--plain-port N] [--listen IP]
            """,
        discussion: """
            Starts small services of its own on free loopback ports, puts a gateway in
            front of them, and says what to try. A local authority issues the certificate,
            as gatehouse tls issue does; --plain goes without. SIGTERM and SIGINT stop it.
            """)

    @Option(name: [.short, .long], help: "The port of the site; 0 takes a free one.")
    var port: UInt16 = 8443

    @Option(help: "The port that redirects to it; 0 takes a free one.")
    var plainPort: UInt16 = 8080

    @Option(help: "The address to listen on; \"::\" is every one.")
    var listen = "127.0.0.1"

    @Option(help: "The directory of ca.crt, localhost.crt and localhost.key; they are made if they are not there.")
    var certs = "certs"

    @Flag(help: "Without TLS: one site, on the plain port.")
    var plain = false

    @Flag(help: "Print the configuration as well.")
    var showConfig = false

    func validate() throws {
        guard SocketAddress(literal: listen, port: 0) != nil else {
            throw ValidationError("--listen must be an IP address.")
        }
        // The default, and 0, ask for no certain port.
        if plain, port != 8443, port != 0 { throw ValidationError("With --plain the site has the port of --plain-port.") }
        if !plain, port == plainPort, port != 0 { throw ValidationError("--port and --plain-port must differ.") }
    }

    func run() async throws {
        if !plain { try issueCertificate() }
        let services: DemoServices
        let configuration: DemoConfiguration
        do {
            services = try DemoServices()
            configuration = try await describe(services)
        } catch {
            Console.error("gatehouse demo: \(error)")
            throw ExitCode(1)
        }
        let loaded = try LoadedPlan.load(text: configuration.text, name: "the demo's configuration")
        let introduction = DemoIntroduction(configuration: configuration, certificates: plain ? nil : certs)
        try await serve(loaded, services, introduction, configuration)
    }

    /// Makes the local authority issue a certificate, unless a good one is there. One that stands there without an authority is
    /// somebody's own, and used as it is.
    private func issueCertificate() throws {
        let isThere = ["localhost.crt", "localhost.key"].allSatisfy { FileAccess.isReadable("\(certs)/\($0)") }
        if isThere, !FileAccess.isReadable("\(certs)/ca.key") { return }
        let now = Int64(realtimeNanoseconds() / 1_000_000_000)
        do throws(ACMEError) {
            _ = try DevelopmentCertificates(in: certs, now: now)
                .issue(.init(names: ["localhost", "*.localhost", "127.0.0.1", "::1"], life: 397 * 86_400), now: now)
        } catch {
            Console.error(
                """
                gatehouse demo: no certificate can be made: \(error)
                Name another directory with --certs, or go without TLS with --plain.
                """)
            throw ExitCode(1)
        }
    }

    /// Opens the services, and finds ports where 0 was asked for.
    private func describe(_ services: DemoServices) async throws -> DemoConfiguration {
        let addresses = try await services.open()
        let site = try await free(plain ? plainPort : port, services)
        let redirect = plain ? nil : try await free(plainPort, services)
        let dashboard = try await describeDashboard(services)
        return DemoConfiguration(
            listen: listen, port: site, plainPort: redirect, certificates: plain ? nil : certs, services: addresses,
            dashboard: dashboard)
    }

    /// Whoever reaches the page may look at the dashboard: so it is there only where that is this machine alone.
    private func describeDashboard(_ services: DemoServices) async throws -> DemoConfiguration.Dashboard? {
        guard listen == "::1" || listen.hasPrefix("127."), let address = SocketAddress(literal: "127.0.0.1", port: 0) else {
            return nil
        }
        let dashboard = DemoConfiguration.Dashboard(
            port: try await services.reservePort(address), key: LoopbackDashboard.makeKey(), readKey: LoopbackDashboard.makeKey())
        await services.link(toDashboard: dashboard.url)
        return dashboard
    }

    /// - Returns: the port, at which nobody listens; for 0 a free one.
    private func free(_ port: UInt16, _ services: DemoServices) async throws -> UInt16 {
        guard let address = SocketAddress(literal: listen, port: port) else { return port }
        if port != 0 {
            // The gateway shares its addresses with the reservations, so it would with another demo, too.
            if let cause = Listener.problem(listeningOn: address) { throw NoPort(port: port, listen: listen, cause: cause) }
            return port
        }
        do {
            return try await services.reservePort(address)
        } catch {
            throw NoPort(port: port, listen: listen, cause: error)
        }
    }

    private struct NoPort: Error, CustomStringConvertible {
        /// 0 is any.
        var port: UInt16
        var listen: String
        var cause: any Error

        var description: String {
            if port == 0 { return "no port of \(listen) can be had: \(cause)" }
            return "port \(port) of \(listen) cannot be had: \(cause); --port and --plain-port take others"
        }
    }

    private func serve(
        _ loaded: LoadedPlan, _ services: DemoServices, _ introduction: DemoIntroduction, _ configuration: DemoConfiguration
    ) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask(executorPreference: services.loop) { await services.run() }
            do {
                let options = GatewayProcess.StartOptions(sharesAddresses: true, isReplaceable: false)
                try await GatewayProcess.run(loaded, options) {
                    await services.releasePorts()
                    // In one write: where both outputs are one file, the log's lines come before or after it.
                    Console.say(showConfig ? configuration.text + "\n" + introduction.text : introduction.text)
                } onStopping: {
                    await services.closeChats()
                }
            } catch {
                await services.stop()
                throw error
            }
            await services.stop()
        }
        services.loop.stop()
    }
}
