import Transport

/// Log lines to a Unix socket, a datagram each.
extension LogBatch {
    /// Where its receiver has gone, and another one is there already, goes on with that one.
    /// - Parameters:
    ///   - socket: connected; nil afterwards where nobody is there.
    ///   - connect: makes another connection.
    ///   - datagram: of a line.
    /// - Returns: nil if the kernel has taken all.
    func sendDatagrams(
        over socket: inout MessageSocket?, connect: () throws(TransportError) -> MessageSocket,
        _ datagram: (_ line: ArraySlice<UInt8>, _ mark: Mark) -> [UInt8]
    ) -> LogOutput.Loss? {
        var loss: LogOutput.Loss?
        for (number, mark) in marks.enumerated() {
            guard let error = Self.send(datagram(line(number), mark), over: &socket, connect) else { continue }
            let lost = loss?.lines ?? 0
            guard socket != nil else { return LogOutput.Loss(lines: lost, error: error, unsent: rest(from: number)) }
            loss = LogOutput.Loss(lines: lost + 1, error: error)
        }
        return loss
    }

    private static func send(
        _ bytes: [UInt8], over socket: inout MessageSocket?, _ connect: () throws(TransportError) -> MessageSocket
    ) -> TransportError? {
        do throws(TransportError) {
            try socket?.send(bytes)
            return nil
        } catch {
            guard error.isRefused else { return error }
        }
        socket?.close()
        socket = nil
        do throws(TransportError) {
            let next = try connect()
            socket = next
            try next.send(bytes)
            return nil
        } catch {
            return error
        }
    }
}
