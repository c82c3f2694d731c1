import Gateway
import Glibc
import Logging

/// What signals have the process do.
extension GatewayProcess {
    /// Returns when no signal can come any more: the gateway has ended.
    /// - Parameters:
    ///   - group: runs what takes long, so that the next signal is seen meanwhile.
    ///   - onStopping: called before the gateway drains.
    func handleSignals(
        _ group: inout DiscardingTaskGroup, _ onStopping: @escaping @Sendable () async -> Void
    ) async {
        var isStopping = false
        for await signal in signals.all {
            switch request(of: signal) {
            case .reopenLogs where signal.request == .reload:
                // The manager that asks waits for both messages, although there is nothing to reload.
                notifier?.reloading()
                reopenLogs(signal)
                await notifier?.ready()
            case .reopenLogs: reopenLogs(signal)
            case .reload: group.addTask(executorPreference: reloader?.loop) { await reload(signal) }
            case .dumpRecorder: group.addTask { await dumpRecorder(signal) }
            case .stop where isStopping: break
            case .stop, .stopNow:
                if isStopping {
                    log.warning("stopping at once", metadata: ["signal": "\(signal.name)"])
                    await stopAtOnce()
                } else {
                    isStopping = true
                    log.notice("stopping", metadata: ["signal": "\(signal.name)"])
                    notifier?.stopping(within: gateway.drainTime)
                    group.addTask { await notifier?.followDrain() }
                    group.addTask { await drain(onStopping) }
                }
            }
        }
    }

    private func reload(_ signal: Signals.Signal) async {
        if let successor = await upgrader?.successor {
            log.notice("another process is to be reloaded", metadata: ["successor": "\(successor)"])
        } else {
            log.notice("reloading", metadata: ["signal": "\(signal.name)"])
            _ = await reloader?.reload()
            // It came while that one was on its way, and whoever has sent a signal hears of no refusal.
            if let successor = await reloader?.successor {
                log.notice("the signal is passed on", metadata: ["signal": "\(signal.name)", "successor": "\(successor)"])
                kill(successor, signal.number)
            }
        }
        reopenLogs(signal)
    }

    private func drain(_ onStopping: @Sendable () async -> Void) async {
        await upgrader?.callOff()
        await onStopping()
        await gateway.drain()
    }

    /// Whoever sends this signal for an upgrade, as to nginx, would wait for one in vain.
    private func dumpRecorder(_ signal: Signals.Signal) async {
        log.notice(
            "the flight recorder is to be written",
            metadata: ["signal": "\(signal.name)", "upgrade": "begins with \"gatehouse upgrade\", not with this signal"])
        // What has failed is in the log.
        _ = try? await recorder.dump(signal.name)
    }

    /// Cuts what is left. Should anything not end then, the process does.
    private func stopAtOnce() async {
        await gateway.cut()
        _ = endInAWhile()
    }

    /// Ends the process in a second unless it is called off: a reload may wait for good for a file whose server does not answer.
    func endInAWhile() -> Task<Void, Never> {
        Task {
            guard (try? await Task.sleep(for: .seconds(1))) != nil else { return }
            log.warning("stopped, though something did not end")
            output.logs.close()
            Glibc.exit(0)
        }
    }

    /// A terminal that is closed sends SIGHUP. A service that logs to a file lives on; one that talks to that terminal alone
    /// would be left without a voice.
    private func request(of signal: Signals.Signal) -> Signals.Signal.Request {
        guard signal.request == .reload else { return signal.request }
        if !output.logs.hasFile, Console.isTerminalGone { return .stop }
        return reloader == nil ? .reopenLogs : .reload
    }

    private func reopenLogs(_ signal: Signals.Signal) {
        // What that one still serves has its lines in the same files. It is the parent as long as it is there.
        if let predecessor, getppid() == predecessor { kill(predecessor, SIGUSR1) }
        guard output.logs.hasFile else {
            if signal.request == .reload, reloader != nil { return }
            log.notice("there is no log file to open again", metadata: ["signal": "\(signal.name)"])
            return
        }
        log.notice("opening log files again", metadata: ["signal": "\(signal.name)"])
        output.logs.reopen()
    }
}
