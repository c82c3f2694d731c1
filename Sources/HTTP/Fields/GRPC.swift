/// What gRPC writes into HTTP/2 messages, as far as a gateway takes part in it ("gRPC over HTTP2", PROTOCOL-HTTP2.md of the grpc
/// repository).
package enum GRPC {
    /// The statuses that are said here.
    package enum Status: Int, Sendable {
        case cancelled = 1
        case deadlineExceeded = 4
        case permissionDenied = 7
        case resourceExhausted = 8
        case unimplemented = 12
        case `internal` = 13
        case unavailable = 14
        case unauthenticated = 16

        /// What a status of HTTP becomes ("HTTP to gRPC Status Code Mapping" of the grpc repository; 413 and 499 are not in it).
        package init(http status: Int) {
            self =
                switch status {
                case 401: .unauthenticated
                case 403: .permissionDenied
                case 404, 405, 501: .unimplemented
                case 413: .resourceExhausted
                case 429, 408, 502, 503, 504: .unavailable
                case 499: .cancelled
                default: .internal
                }
        }
    }

    /// A call's time, as `grpc-timeout` says it: at most eight digits and a unit.
    /// - Returns: nanoseconds, at most those of a hundred years; nil if it is none.
    package static func timeout(_ value: Span<UInt8>) -> UInt64? {
        guard 2...9 ~= value.count, let number = Text.decimal(value, 0..<value.count - 1, maxDigits: 8) else { return nil }
        let unit: UInt64
        switch value[value.count - 1] {
        case UInt8(ascii: "H"): unit = 3_600_000_000_000
        case UInt8(ascii: "M"): unit = 60_000_000_000
        case UInt8(ascii: "S"): unit = 1_000_000_000
        case UInt8(ascii: "m"): unit = 1_000_000
        case UInt8(ascii: "u"): unit = 1_000
        case UInt8(ascii: "n"): unit = 1
        default: return nil
        }
        let (time, overflows) = number.multipliedReportingOverflow(by: unit)
        return overflows ? maxTimeout : min(time, maxTimeout)
    }

    private static let maxTimeout: UInt64 = 100 * 366 * 86_400 * 1_000_000_000

    /// The status that a call has ended with: the `grpc-status` of its trailers, or of a head without body.
    /// - Returns: 0 to 16 by the specification; up to 999. Nil if there is none.
    package static func status(in fields: borrowing FieldSection) -> Int? {
        let bytes = fields.bytes.span
        for line in fields.lines where line.known == .other && Text.equal(bytes, line.name, "grpc-status") {
            return Text.decimal(bytes, line.value, maxDigits: 3).map { Int($0) }
        }
        return nil
    }

    /// `grpc-message`: all that is not visible ASCII, and `%`, is escaped.
    package static func message(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            if 0x20...0x7E ~= byte, byte != 0x25 {
                out.append(byte)
            } else {
                out.append(0x25)
                out.append(ByteClass.hexDigit(byte >> 4, upperCase: true))
                out.append(ByteClass.hexDigit(byte & 0x0F, upperCase: true))
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// What ends a call whose answer has begun.
    /// - Parameter message: in plain words.
    package static func trailers(_ status: Status, _ message: String) -> FieldSection {
        var section = FieldSection()
        for (name, value) in [("grpc-status", "\(status.rawValue)"), ("grpc-message", Self.message(message))] {
            section.append(name: Array(name.utf8).span, value: Array(value.utf8).span)
        }
        return section
    }
}

extension RequestHead {
    /// Is it a call of gRPC's: a POST by HTTP/2 of `application/grpc`, with what may follow that (`+proto`, parameters)? gRPC-Web
    /// is another protocol, and no affair of ours.
    package var isGRPC: Bool {
        guard isHTTP2, method == .post, let line = fields.first(.contentType) else { return false }
        let (start, count) = (line.value.lowerBound, line.value.count)
        guard count >= 16, Text.equal(fields.bytes.span, start..<start + 16, "application/grpc") else { return false }
        return count == 16 || [UInt8(ascii: "+"), UInt8(ascii: ";"), ByteClass.space].contains(fields.bytes[start + 16])
    }

    /// How long the call may take, by its client's word, in nanoseconds; nil if it says nothing.
    package var grpcTimeout: UInt64? {
        let bytes = fields.bytes.span
        for line in fields.lines where line.known == .other && Text.equal(bytes, line.name, "grpc-timeout") {
            return GRPC.timeout(bytes.extracting(line.value))
        }
        return nil
    }
}
