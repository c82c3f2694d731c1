import EventLoop
import Logging
import TLS

/// One of several gateways that renew as one.
extension Renewer {
    /// Does this gateway ask authorities?
    func isLeader() async -> Bool {
        guard let sharing else { return true }
        let leads = await sharing.isLeader()
        if leads != wasLeader {
            wasLeader = leads
            // What was known here may be older than what is on the disk now.
            statuses = [:]
            if leads { noteAll() }
            publishSoon()
        }
        return leads
    }

    /// Certificates that were here before there were others, are for these, too.
    private func noteAll() {
        for folder in ["acme/accounts", StatePath.certificates] {
            for name in directory.list(folder) {
                for file in directory.list("\(folder)/\(name)") { changes.note("\(folder)/\(name)/\(file)") }
            }
        }
        for file in directory.list("internal") { changes.note("internal/\(file)") }
    }

    /// Others have what has changed here, when it returns.
    /// - Throws: `.storage`: then no authority may be asked.
    func share() async throws(ACMEError) {
        guard let sharing else { return }
        let paths = changes.take()
        do throws(ACMEError) {
            var files: [String: [UInt8]?] = [:]
            for path in paths { files.updateValue(try directory.read(path), forKey: path) }
            try await sharing.share(files)
        } catch {
            for path in paths { changes.note(path) }
            throw error
        }
    }

    /// A gateway whose disk is full, or broken, gets nothing: another one is to.
    /// - Returns: has it resigned?
    func resignIfUseless() async -> Bool {
        guard let sharing, wasLeader, unkept >= Self.maxUnkept else { return false }
        unkept = 0
        await sharing.resign("\(directory.location(of: "")) has not taken \(Self.maxUnkept) states in a row")
        return true
    }

    private static let maxUnkept = 2

    /// As `share()`, at a moment when there is nobody to be told why not.
    func shareSoon() async {
        guard !changes.isEmpty else { return }
        do throws(ACMEError) { try await share() } catch {
            guard !isStopped else { return }
            log.warning("others do not have the newest certificates yet", metadata: ["reason": "\(error)"])
        }
    }

    /// What others have done is used here.
    func handle(_ event: RenewalEvent) async {
        switch event {
        case .leadership: break
        case .files(let paths): await use(paths)
        case .proofs(let shared): await proofs.show(shared)
        case .demands(let demands): await apply(demands)
        }
        hasChanged = true
        waiter.notify()
    }

    private func use(_ paths: Set<String>) async {
        for certificate in certificates {
            let folder = StatePath.certificate(certificate.name)
            guard paths.contains(where: { $0.hasPrefix(folder + "/") }) else { continue }
            statuses[certificate.name] = nil
            let known = status(of: certificate)
            guard paths.contains(folder + "/certificate.pem") else { continue }
            var facts: Logger.Metadata = ["names": "\(certificate.names.joined(separator: " "))"]
            if let reason = await deployment.use(certificate.name, file: store.file(of: certificate.name)) {
                facts["reason"] = "\(reason)"
                log.error("the fleet's new certificate cannot be used", metadata: facts)
            } else {
                facts["days"] = "\(((known?.notAfter ?? 0) - Self.now) / 86_400)"
                log.notice("the fleet's new certificate is in use", metadata: facts)
            }
        }
    }
}
