/// What a frame carries (RFC 6455 §5.2 and §11.8): the low four bits of its first byte.
package struct Opcode: RawRepresentable, Hashable, Sendable {
    /// 0 through 15; the higher bits of a given value are dropped, as they are not the opcode's.
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue & 0x0F
    }

    package static var continuation: Opcode { Opcode(rawValue: 0x0) }
    package static var text: Opcode { Opcode(rawValue: 0x1) }
    package static var binary: Opcode { Opcode(rawValue: 0x2) }
    package static var close: Opcode { Opcode(rawValue: 0x8) }
    package static var ping: Opcode { Opcode(rawValue: 0x9) }
    package static var pong: Opcode { Opcode(rawValue: 0xA) }

    /// Control frames are those whose high bit is set, the reserved ones too (RFC 6455 §5.5).
    package var isControl: Bool { rawValue & 0x8 != 0 }

    /// 3–7 and 0xB–0xF: only an extension may give them a meaning (RFC 6455 §5.2).
    package var isReserved: Bool { rawValue & 0x7 > 2 }
}
