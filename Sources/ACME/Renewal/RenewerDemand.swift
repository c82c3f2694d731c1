import EventLoop
import HTTP
import Logging
import Messages
import TLS
import Transport

/// Whom to ask whether a name may be had.
package struct DemandQuestion: Sendable, Equatable {
    package var host: String
    package var port: UInt16
    /// The value of `Host`.
    package var authority: String
    /// Path and query, to which the name is added.
    package var target: String
    package var isTLS: Bool

    package init(host: String, port: UInt16, authority: String, target: String, isTLS: Bool) {
        self.host = host
        self.port = port
        self.authority = authority
        self.target = target
        self.isTLS = isTLS
    }
}

/// Certificates that somebody asks for while the program runs.
extension Renewer {
    private static let questionTimeout: UInt64 = 5_000_000_000

    /// Has a certificate got, and renewed for as long as `key` is wanted.
    /// - Parameter key: whose it is; `want` says which of them there are.
    /// - Returns: false if it has failed, and its next try is not yet due.
    package func demand(_ certificate: ManagedCertificate, for key: String) -> Bool {
        guard let status = status(of: certificate) else { return false }
        demanded[certificate.name] = (certificate, key)
        hasChanged = true
        waiter.tell()
        return status.notAfter.map { $0 > Self.now } ?? false || status.nextTry <= Self.now
    }

    /// Asks whether a name may be had: the answer's status is 2xx, or not.
    /// - Returns: nil if there is no answer.
    package func ask(_ question: DemandQuestion, about name: String) async -> Bool? {
        do {
            // Its steps look and wait in one go: nothing may come in between (ARCHITECTURE.md, both executors).
            return try await withTaskExecutorPreference(loop) { try await send(question, name) }
        } catch {
            log.warning("a name could not be asked about", metadata: ["name": "\(name)", "reason": "\(error)"])
            return nil
        }
    }

    private func send(_ question: DemandQuestion, _ name: String) async throws -> Bool {
        let own = Waiter(loop: loop)
        defer { own.retire() }
        let addresses: [SocketAddress]
        if let address = SocketAddress(literal: question.host, port: question.port) {
            addresses = [address]
        } else if let loopback = SocketAddress.loopback(question.host, port: question.port) {
            addresses = loopback
        } else {
            throw ACMEError.settings("\(question.host) is no address: on_demand.ask takes addresses, and localhost")
        }
        let tls = question.isTLS ? try TLSClientContext(TLSClientContext.Settings(serverName: question.host)) : nil
        var request = Call.Request(.get, Array((question.target + name).utf8), authority: Array(question.authority.utf8))
        request.fields.append("User-Agent", "gatehouse")
        var limits = Call.Limits()
        limits.timeout = Self.questionTimeout
        limits.maxBodyBytes = nil
        let answer = try await Call(waiter: own, buffers: buffers)
            .send(request, to: Call.Server(addresses: addresses, tls: tls), limits: limits)
        return (200..<300).contains(answer.status)
    }
}
