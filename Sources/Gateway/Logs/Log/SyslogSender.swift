import Configuration
import EventLoop
import HTTP
import Transport

/// Sends log lines as syslog messages (RFC 5424), a message a line.
struct SyslogSender: Sendable {
    private let receiver: Logging.SyslogReceiver
    private let facility: Int
    /// HOSTNAME, APP-NAME and PROCID, with a blank at both ends.
    private let origin: [UInt8]
    /// The PEM file of the authorities to trust, for TLS; nil: the system's.
    private let caFile: String?
    private var socket: MessageSocket?
    /// Streams need to be told where a message ends.
    private var isStream = false

    /// Bytes of a message: what is longer is cut, with a mark. rsyslog makes a message of its own of whatever is beyond 8,096
    /// bytes, unless it is told otherwise (`maxMessageSize`): a client that sends long fields could write the log's lines then.
    private static let maxMessageBytes = 8_000
    private static let cutMark: StaticString = "[cut]"
    /// Seconds that connecting may take.
    private static let connectTimeout = 5

    init(_ receiver: Logging.SyslogReceiver, _ options: LogOptions) {
        self.receiver = receiver
        caFile = options.syslogCaFile
        facility = options.facility.number
        let host = ProcessNames.host.utf8.prefix(255).filter { 0x21...0x7E ~= $0 }
        origin = Array(" \(String(decoding: host, as: UTF8.self)) gatehouse \(ProcessNames.number) ".utf8)
    }

    mutating func prepare() throws(TransportError) {
        // A receiver that was started anew has ended the connection.
        if isStream, socket?.hasEnded == true { disconnect() }
        guard socket == nil else { return }
        switch receiver {
        case .unix(let path):
            let address = Self.address(of: path)
            do throws(TransportError) {
                socket = try MessageSocket(connectedTo: address, .datagrams, timeout: Self.connectTimeout)
                isStream = false
            } catch {
                // unix(7): the socket is of another type.
                guard error.isOtherSocketType else { throw error }
                socket = try MessageSocket(connectedTo: address, .stream, timeout: Self.connectTimeout)
                isStream = true
            }
        case .udp(let host, let port): socket = try connect(host, port, .datagrams)
        case .tcp(let host, let port):
            socket = try connect(host, port, .stream)
            isStream = true
        case .tls(let host, let port):
            let plain = try connect(host, port, .stream)
            socket = try plain.secured(for: host, caFile: caFile)
            isStream = true
        }
    }

    private static func address(of path: String) -> SocketAddress {
        SocketAddress(family: .unix, bytes: Array(path.utf8), port: 0)
    }

    private func connect(_ host: String, _ port: UInt16, _ kind: MessageSocket.Kind) throws(TransportError) -> MessageSocket {
        var last = TransportError.unresolved("\(host) has no address")
        for address in BlockingConnection.addresses(of: host, port: port) {
            do throws(TransportError) {
                return try MessageSocket(connectedTo: address, kind, timeout: Self.connectTimeout)
            } catch {
                last = error
            }
        }
        throw last
    }

    /// - Returns: nil if all have been handed to the kernel.
    mutating func write(_ lines: LogBatch) -> LogOutput.Loss? {
        guard let socket else { return nil }
        let loss =
            switch receiver {
            case _ where isStream: send(lines, asStreamOver: socket)
            case .unix(let path): send(lines, to: path)
            default: send(lines, over: socket)
            }
        if loss != nil { disconnect() }
        return loss
    }

    private func send(_ lines: LogBatch, asStreamOver socket: MessageSocket) -> LogOutput.Loss? {
        var bytes: [UInt8] = []
        lines.forEachLine { line, mark in
            let message = message(line, mark)
            // RFC 6587 §3.4.1, RFC 5425 §4.3: MSG-LEN SP SYSLOG-MSG.
            bytes.append(decimal: UInt64(message.count))
            bytes.append(0x20)
            bytes += message
        }
        do throws(TransportError) {
            try socket.send(bytes)
            return nil
        } catch {
            return LogOutput.Loss(lines: lines.lineCount, error: error)
        }
    }

    private func send(_ lines: LogBatch, over socket: MessageSocket) -> LogOutput.Loss? {
        var loss: LogOutput.Loss?
        lines.forEachLine { line, mark in
            do throws(TransportError) {
                try socket.send(message(line, mark))
            } catch {
                loss = LogOutput.Loss(lines: (loss?.lines ?? 0) + 1, error: error)
            }
        }
        return loss
    }

    private mutating func send(_ lines: LogBatch, to path: String) -> LogOutput.Loss? {
        var current = socket
        defer { socket = current }
        let connect = { () throws(TransportError) in
            try MessageSocket(connectedTo: Self.address(of: path), .datagrams, timeout: Self.connectTimeout)
        }
        return lines.sendDatagrams(over: &current, connect: connect) { message($0, $1) }
    }

    /// The next line has a new connection made.
    private mutating func disconnect() {
        socket?.close()
        socket = nil
    }

    func close() {
        socket?.close()
    }

    private func message(_ line: ArraySlice<UInt8>, _ mark: LogBatch.Mark) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(line.count + origin.count + 40)
        message.append(0x3C)
        message.append(decimal: UInt64(facility * 8) + UInt64(mark.severity.rawValue))
        message.append(">1 ")
        Timestamp.append(nanoseconds: mark.time, to: &message)
        message += origin
        message.append(mark.log)
        // No structured data.
        message.append(" - ")
        let room = Self.maxMessageBytes - message.count
        message += line.prefix(room)
        if line.count > room { message.append(Self.cutMark) }
        return message
    }
}
