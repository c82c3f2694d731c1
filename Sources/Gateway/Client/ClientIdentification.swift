import Buffers
import Logging
import Transport

/// The step before all others at a listener whose clients come through a proxy: who is it?
extension ClientConnection {
    /// Reads the PROXY protocol header.
    /// - Returns: false if the connection is to be cut, which has been told.
    func identifyClient(_ plan: ProxyProtocolPlan) async -> Bool {
        switch plan.beginning(of: endpoint.peer) {
        case .client: return true
        case .refused:
            refuse("not one of those that speak for clients here", key: "sites.proxy_protocol.from")
            return false
        case .header: return await takeHeader()
        }
    }

    private func takeHeader() async -> Bool {
        let buffer = resources.buffers.acquire()
        defer { resources.buffers.release(buffer) }
        let reading: ProxyHeader.Reading
        do throws(TransportError) {
            reading = try await stream.takeProxyHeader(waiter, timeout: endpoint.limits.handshakeTimeout, into: buffer)
        } catch {
            let reason = buffer.isEmpty ? "no PROXY protocol header" : Self.cut
            refuse("\(reason): \(error.description)", key: "limits.handshake_timeout")
            return false
        }
        var begins = ""
        buffer.withBytes { begins = Self.shown($0) }
        switch reading {
        case .header(let header, _): return adoptClient(of: header)
        case .malformed(let fault): refuse("a malformed PROXY protocol header: \(fault)", begins: begins)
        case .absent: refuse("no PROXY protocol header", begins: begins)
        // Without a byte it is a balancer that only looks whether somebody listens.
        case .incomplete: if !begins.isEmpty { refuse(Self.cut, begins: begins) }
        }
        return false
    }

    private static let cut = "a PROXY protocol header that is cut short"

    /// Where the header names nobody the proxy is itself the client.
    /// - Returns: false if the client has as many connections as it may, which has been logged.
    private func adoptClient(of header: ProxyHeader) -> Bool {
        guard let client = header.source else { return true }
        endpoint.adopt(client, from: header)
        let limit = resources.generation.limits.maxConnectionsPerClient
        guard resources.connections.recount(self, as: client, atMost: limit) else {
            refuse("it has as many connections as it may", key: "limits.max_connections_per_client")
            return false
        }
        return true
    }

    private func refuse(_ reason: String, key: String? = nil, begins: String? = nil) {
        var facts: Logger.Metadata = ["client": "\(endpoint.peer.host)", "port": "\(endpoint.port)", "reason": "\(reason)"]
        if let key { facts["key"] = "\(key)" }
        if let begins { facts["begins"] = "\(begins)" }
        log.info("connection refused before TLS and HTTP", metadata: facts)
    }

    /// The first bytes, for people: as text if they are, otherwise in hexadecimal.
    private static func shown(_ bytes: Span<UInt8>) -> String {
        let first = bytes.indices.prefix(32).map { bytes[$0] }
        let isText = first.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x0D || $0 == 0x0A }
        if isText { return String(decoding: first, as: UTF8.self) }
        return first.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    }
}
