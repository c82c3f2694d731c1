import WebSocket

extension Case {
    /// A client's masked frame: its header alone, and the whole as a tunnel watches it, in pieces as large as a TLS record.
    static let frames: [Case] = [("64-bytes", 64), ("64-KiB", 65536)].flatMap { name, size in
        [
            Case(name: "frame-header/\(name)") { parseHeader(frame(payload: size)) },
            Case(name: "frame-observer/\(name)") { observe(frame(payload: size)) },
        ]
    }

    private static func frame(payload: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        FrameHeader(opcode: .binary, maskKey: MaskKey(bigEndian: 0x5AC3_1E77), payloadLength: UInt64(payload)).write(to: &bytes)
        return bytes + [UInt8](repeating: 0x75, count: payload)
    }

    private static func parseHeader(_ bytes: [UInt8]) -> Operation {
        { count in
            var sum = 0
            for _ in 0..<count { sum &+= Int(require(FrameHeader.parse(bytes.span), "frame header").payloadLength) }
            return sum
        }
    }

    private static func observe(_ bytes: [UInt8]) -> Operation {
        var observer = FrameObserver(of: .client)
        return { count in
            for _ in 0..<count {
                var from = 0
                while from < bytes.count {
                    let to = min(from + 16384, bytes.count)
                    observer.observe(bytes.span.extracting(from..<to))
                    from = to
                }
            }
            precondition(observer.counters.violations == 0)
            return observer.counters.messages
        }
    }
}
