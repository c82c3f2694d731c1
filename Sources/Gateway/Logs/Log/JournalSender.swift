import Configuration
import HTTP
import Transport

/// Sends log lines to systemd's journal by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), an entry a line.
struct JournalSender: Sendable {
    /// What every entry says.
    private let fields: [UInt8]
    private var socket: MessageSocket?

    /// Where systemd-journald listens.
    static let path = "/run/systemd/journal/socket"
    /// The bytes of an entry's text. A datagram must fit into the sender's buffer (unix(7)), of 208 KiB as a rule.
    private static let maxLineBytes = 65_000

    init(facility: Logging.SyslogFacility) {
        fields = Array("SYSLOG_IDENTIFIER=gatehouse\nSYSLOG_FACILITY=\(facility.number)\n".utf8)
    }

    mutating func prepare() throws(TransportError) {
        if socket == nil { socket = try Self.connected() }
    }

    private static func connected() throws(TransportError) -> MessageSocket {
        let address = SocketAddress(family: .unix, bytes: Array(path.utf8), port: 0)
        return try MessageSocket(connectedTo: address, .datagrams, timeout: 5)
    }

    /// - Returns: nil if the journal has taken all.
    mutating func write(_ lines: LogBatch) -> LogOutput.Loss? {
        let fields = fields
        let loss = lines.sendDatagrams(over: &socket, connect: Self.connected) { line, mark in
            // Nothing in a line is a line end, so each field is of the protocol's plain form.
            var entry = fields
            entry.append("PRIORITY=")
            entry.append(decimal: UInt64(mark.severity.rawValue))
            entry.append("\nGATEHOUSE_LOG=")
            entry.append(mark.log)
            entry.append("\nMESSAGE=")
            entry += line.prefix(Self.maxLineBytes)
            if line.count > Self.maxLineBytes { entry.append("[cut]") }
            entry.append(0x0A)
            return entry
        }
        if loss != nil {
            socket?.close()
            socket = nil
        }
        return loss
    }

    func close() {
        socket?.close()
    }
}
