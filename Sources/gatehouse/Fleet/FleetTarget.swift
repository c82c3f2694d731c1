import Configuration
import Fleet
import Gateway

/// What the fleet agrees on goes to the gateway, and as a reload to the configuration.
actor FleetTarget: FleetDeployment {
    private let gateway: Gateway
    private let reloader: Reloader?
    /// Watches the answers while a configuration comes into use in stages; nil: none does here.
    private var watch: (answers: RollbackMonitor, rule: FailureShare?)?

    init(_ gateway: Gateway, _ reloader: Reloader?) { (self.gateway, self.reloader) = (gateway, reloader) }

    func use(ticketKeys: [UInt8]) async { gateway.use(fleetTicketKeys: ticketKeys) }

    var figures: MemberFigures {
        get async {
            let certificates = AdminStatus.Certificate.all(of: gateway)
            let open = gateway.open
            return MemberFigures(
                connections: open.connections, tunnels: open.tunnels, certificates: certificates.count,
                certificatesInTrouble: certificates.count { $0.health != "good" },
                configuration: String(await reloader?.hashInUse.prefix(12) ?? ""),
                probes: gateway.probeCounts.own)
        }
    }

    func use(configuration: FleetConfiguration) async -> String? {
        guard let reloader else { return "this process has no configuration file" }
        // As at a start with the file that was pushed.
        if await reloader.sourceInUse.text == configuration.text { return nil }
        var texts = ConfigurationSource(whole: configuration.text, file: reloader.source.path)
        texts.remark = " (number \(configuration.number) of the fleet)"
        await watch?.answers.reloadBegins()
        switch await reloader.use(texts, because: "number \(configuration.number) of the fleet") {
        case .done:
            await beginWatch()
            return nil
        case .refused(let problems):
            let errors = problems.filter { $0.severity == .error }
            return errors.prefix(3).map { "\($0.location): \($0.keyPath): \($0.message)" }.joined(separator: "; ")
        }
    }

    func watch(_ rule: String, _ onRegression: @escaping @Sendable (String) async -> Void) async {
        guard let reloader else { return }
        let answers = RollbackMonitor(gateway, on: reloader.loop, onRegression: onRegression)
        await answers.reloadBegins()
        watch = (answers, FailureShare(rule))
        await beginWatch()
    }

    func endWatch() async { watch = nil }

    func carryOut(_ orders: [FleetOrder]) async {
        for order in orders {
            guard let action = ServerAction(order.action, weight: order.weight) else { continue }
            _ = gateway.order(action, url: order.url, site: order.site, upstream: order.upstream)
        }
    }

    var probes: FleetProbes? {
        gateway.probeWord.map { FleetProbes(digest: $0.digest, unhealthy: $0.unhealthy) }
    }

    func use(_ probes: [String: FleetProbes], as member: String, until: UInt64) async {
        gateway.use(probeWords: probes.mapValues { ($0.digest, $0.found) }, as: member, until: until)
    }

    func purge(_ purge: FleetPurge) async {
        _ = await gateway.purge(CacheSelection(site: purge.site, target: purge.target, isPrefix: purge.isPrefix))
    }

    /// What has come since the watch began, or since the configuration is in use, counts from now on.
    private func beginWatch() async {
        guard let watch else { return }
        await watch.answers.reloaded(watch.rule, .toTheNext)
    }
}
