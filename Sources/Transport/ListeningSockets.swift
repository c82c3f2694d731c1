import EventLoop

/// The sockets of this machine that listen for TCP, whoever has them, as the kernel lists them (proc(5), `/proc/net/tcp`).
package enum ListeningSockets {
    /// Every connection of the machine has a line there, of 150 bytes.
    private static let maxTableBytes = 64 << 20

    /// The numbers (inodes) of those because of which nobody else can listen at an address.
    package static func inodes(inTheWayOf address: SocketAddress) -> Set<String> {
        guard address.family != .unix else { return [] }
        let wanted = hexadecimal(address.bytes)
        var found: Set<String> = []
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            guard let text = try? FileAccess.read(table, limit: maxTableBytes) else { continue }
            for line in text.split(separator: 0x0A) {
                // Number, local address, remote address, state, …; the tenth is the inode.
                let words = line.split(separator: 0x20, maxSplits: 10)
                guard words.count > 9, words[3].elementsEqual(listening) else { continue }
                let local = String(decoding: words[1], as: UTF8.self).split(separator: ":")
                guard local.count == 2, UInt16(local[1], radix: 16) == address.port else { continue }
                guard address.isAny || local[0] == wanted || local[0].allSatisfy({ $0 == "0" }) else { continue }
                found.insert(String(decoding: words[9], as: UTF8.self))
            }
        }
        return found
    }

    /// TCP_LISTEN, which is 10.
    private static let listening = Array("0A".utf8)

    /// As the kernel writes it: each four bytes as one number, in the machine's order.
    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        stride(from: 0, to: bytes.count, by: 4).map { start in
            let number = bytes[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }.bigEndian
            let digits = String(number, radix: 16, uppercase: true)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }
}
