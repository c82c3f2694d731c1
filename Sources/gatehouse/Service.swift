import ArgumentParser
import Configuration
import Gateway
import Glibc
import Logging
import Transport

/// Runs a plan until a signal asks it to stop.
enum Service {
    /// - Parameters:
    ///   - sharesAddresses: whether others of this user may listen at the plan's addresses already.
    ///   - whenServing: called once clients can connect.
    ///   - whenStopping: called before the gateway drains.
    static func run(
        _ loaded: LoadedPlan, sharesAddresses: Bool = false, whenServing: () async -> Void = {},
        whenStopping: () async -> Void = {}
    ) async throws {
        let log = Logger(label: "gatehouse") { _ in
            DiagnosticsLog(loaded.configuration.logging.errorLog, level: loaded.configuration.logging.level)
        }
        // A client and its upstream; the gateway itself. A remembered file may have a compressed sibling; where there is no room
        // for them all, connections come first.
        let needed = loaded.configuration.performance.maxConnections * 2 + 256
        let files = loaded.configuration.fileCache.entries * loaded.plan.workerCount * 2
        FileLimit.raise(to: needed + files, needed: needed, log)
        let signals = await Signals()
        let gateway: Gateway
        do {
            gateway = try await Gateway(loaded.plan, log: log, sharesAddresses: sharesAddresses)
        } catch {
            Console.error("gatehouse: \(error)")
            throw ExitCode(1)
        }
        let addresses = gateway.addresses.map(\.description).joined(separator: " ")
        var facts: Logger.Metadata = [
            "addresses": "\(addresses)", "workers": "\(loaded.plan.workerCount)", "pid": "\(getpid())",
        ]
        if let records = loaded.plan.recordsInWords { facts["tls_records"] = "\(records)" }
        log.notice("serving", metadata: facts)
        await whenServing()
        await withDiscardingTaskGroup { group in
            group.addTask { await gateway.run() }
            let name = await signals.next()
            log.notice("stopping", metadata: ["signal": "\(name)"])
            await whenStopping()
            await gateway.drain()
        }
        log.notice("stopped")
    }
}
