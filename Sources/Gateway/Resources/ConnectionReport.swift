package import Transport
import WebSocket

/// A client's connection, for who operates the gateway.
package struct ConnectionReport: Sendable {
    /// What it does.
    package enum Activity: String, Sendable {
        /// Its handshake, or that of TLS, is under way.
        case beginning
        case idle
        case request
        case tunnel
        /// It is passed on as it is, or is about to be.
        case tcp
        case closing
    }

    /// Which one it is: the worker's number and a number of its own, such as `0-17`.
    package var identifier: String
    package var client: SocketAddress
    package var listener: SocketAddress
    /// How long it has been open, in milliseconds.
    package var milliseconds: Int
    package var activity: Activity
    /// The version of TLS; nil on a plain connection.
    package var tls: String?
    /// The name that the client asked for (SNI).
    package var serverName: String?
    /// Method and path of what is under way; of HTTP/2 of each stream.
    package var requests: [String]
    /// The sites and routes that these are for, by their names; of one that is not of the plan in use those that it would be for.
    package var requestNames: Set<String>
    /// WebSockets over it.
    package var tunnels: Int
    /// Bytes that these have carried, from and to the client.
    package var tunnelBytesIn: UInt64
    package var tunnelBytesOut: UInt64
    /// The URLs of the upstream servers at their other ends, each once.
    package var tunnelServers: [String]
    /// What was asked for by the requests that have opened them, each once.
    package var tunnelTargets: [TunnelTarget]
}

/// How an operator ends a connection.
package enum OperatorEnd: Sendable {
    /// When what is under way on it has ended, and its WebSockets with this Close frame.
    case graceful(OperatorClose)
    /// What is under way on it is cut.
    case atOnce
}

/// The Close frame by which an operator ends WebSockets.
package struct OperatorClose: Sendable {
    let code: CloseCode
    package let reason: String

    package var number: Int { Int(code.rawValue) }

    /// The most bytes of UTF-8 of a reason.
    package static var maxReasonBytes: Int { FrameEncoder.maxCloseReason }

    /// - Parameters:
    ///   - code: nil: 1001, "going away".
    ///   - reason: at most `maxReasonBytes` bytes; nil: words of the gateway's own.
    /// - Returns: nil for a code that no Close frame may have (RFC 6455 §7.4), or a reason that is too long.
    package init?(code: Int? = nil, reason: String? = nil) {
        guard let number = UInt16(exactly: code ?? Int(CloseCode.goingAway.rawValue)) else { return nil }
        (self.code, self.reason) = (CloseCode(rawValue: number), reason ?? "closed by the operator")
        guard self.code.isAllowedOnWire, self.reason.utf8.count <= Self.maxReasonBytes else { return nil }
    }
}

extension Gateway {
    /// Connections of clients, in no order.
    /// - Parameter limit: no more than so many.
    package func connections(limit: Int) async -> [ConnectionReport] {
        var all: [ConnectionReport] = []
        for worker in workers where all.count < limit { all += await worker.connections(limit: limit - all.count) }
        return all
    }

    /// One connection; nil if there is none of that identifier.
    package func connection(_ identifier: String) async -> ConnectionReport? {
        guard let (worker, number) = locate(identifier) else { return nil }
        return await worker.connection(number)
    }

    /// Ends a connection.
    /// - Returns: false if there is none of that identifier.
    package func close(_ identifier: String, _ end: OperatorEnd) async -> Bool {
        guard let (worker, number) = locate(identifier) else { return false }
        return await worker.close(number, end)
    }

    private func locate(_ identifier: String) -> (Worker, UInt64)? {
        let parts = identifier.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let worker = Int(parts[0]), workers.indices.contains(worker), let number = UInt64(parts[1])
        else { return nil }
        return (workers[worker], number)
    }
}
