import CLinux
import Glibc

/// A name server on the loopback, over UDP and TCP, whose answers a test decides.
package final class NameServer: Sendable, CustomStringConvertible {
    /// What it says of a name.
    package enum Reply: Sendable {
        /// IPv4 and IPv6 in any order; a question gets those of its family.
        case addresses([String], ttl: UInt32)
        /// As `addresses`, but over UDP only that there are too many.
        case tooLongForUDP([String], ttl: UInt32)
        /// As `addresses`, but questions for IPv6 get no answer at all.
        case onlyIPv4([String], ttl: UInt32)
        /// As `addresses`, but questions for IPv4 get no answer at all.
        case onlyIPv6([String], ttl: UInt32)
        /// An alias (CNAME) with a life of its own, and the addresses of what it stands for.
        case alias(ttl: UInt32, [String], addressTTL: UInt32)
        /// NXDOMAIN.
        case unknown
        /// SERVFAIL.
        case failure
        /// As `failure`, but to questions for IPv6 the answer is that there is none.
        case failureOfIPv4
        case silence
    }

    package let port: UInt16
    /// Of every question the name, as soon as it is asked; a name that is known is asked for twice, for IPv4 and IPv6.
    package let questions = Journal<String>("the name server's questions")
    private let replies: Guarded<[String: Reply]>
    /// By name: flags, tag and value (RFC 8659 §4.1).
    private let permissions = Guarded<[String: [(UInt8, String, String)]]>([:])
    private let datagrams: StoppableSocket
    private let listener: StoppableSocket

    /// - Parameters:
    ///   - replies: by name, lower case and without a dot at its end; all other names are unknown.
    ///   - host: of the loopback.
    ///   - port: 0: whichever is free.
    package init(_ replies: [String: Reply], host: String = "127.0.0.1", port: UInt16 = 0) throws {
        self.replies = Guarded(replies)
        (datagrams, listener, self.port) = try Self.open(host, port)
        let (datagrams, listener) = (datagrams, listener)
        detachThread { [weak self] in
            var packet = [UInt8](repeating: 0, count: 4096)
            while true {
                var peer = sockaddr_in()
                let count = Self.receive(datagrams.descriptor, &packet, &peer)
                // Shutting down wakes it with nothing.
                guard count > 0, let self else { break }
                guard let reply = answer(Array(packet.prefix(count)), overUDP: true) else { continue }
                Self.send(datagrams.descriptor, reply, &peer)
            }
            datagrams.close()
        }
        detachThread { [weak self] in
            while case let descriptor = gh_accept(listener.descriptor, nil, nil), descriptor >= 0 {
                _ = fcntl(descriptor, F_SETFL, 0)
                let wire = Wire(adopting: descriptor)
                // Both families may be asked for over one connection.
                while let size = try? wire.read(2), let packet = try? wire.read(Int(size[0]) << 8 | Int(size[1])) {
                    guard let reply = self?.answer(packet, overUDP: false) else { continue }
                    try? wire.write([UInt8(reply.count >> 8), UInt8(reply.count & 0xFF)] + reply)
                }
            }
            listener.close()
        }
    }

    deinit {
        listener.stop()
        datagrams.stop()
    }

    /// From now on it says this of the name.
    package func set(_ name: String, _ reply: Reply) {
        replies.withLock { $0[name] = reply }
    }

    /// From now on the name has these CAA records.
    package func setCAA(_ name: String, _ records: [(UInt8, String, String)]) {
        permissions.withLock { $0[name] = records }
    }

    package var description: String { "127.0.0.1:\(port)" }

    // MARK: -

    /// Both protocols at one port: the kernel chooses it for TCP, and UDP mostly has it free.
    private static func open(
        _ host: String, _ wanted: UInt16
    ) throws -> (datagrams: StoppableSocket, listener: StoppableSocket, port: UInt16) {
        for _ in 0..<100 {
            let address = LoopbackAddress(host, wanted)
            let listener = try address.newSocket()
            guard unsafe address.with({ unsafe bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0 else {
                throw Wire.Failure("listen")
            }
            let port = LoopbackAddress.port(of: listener)
            let datagrams = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            let same = LoopbackAddress(host, port)
            if unsafe same.with({ unsafe bind(datagrams, $0, $1) }) == 0 {
                return (StoppableSocket(datagrams), StoppableSocket(listener), port)
            }
            close(datagrams)
            close(listener)
        }
        throw Wire.Failure(text: "no port is free for both protocols")
    }

    private static func receive(_ descriptor: Int32, _ packet: inout [UInt8], _ peer: inout sockaddr_in) -> Int {
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Pointers are used during the call alone.
        return unsafe withUnsafeMutablePointer(to: &peer) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
                unsafe packet.withUnsafeMutableBytes { unsafe recvfrom(descriptor, $0.baseAddress, $0.count, 0, peer, &size) }
            }
        }
    }

    private static func send(_ descriptor: Int32, _ packet: [UInt8], _ peer: inout sockaddr_in) {
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Pointers are used during the call alone.
        unsafe withUnsafePointer(to: &peer) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
                _ = unsafe packet.withUnsafeBytes { unsafe sendto(descriptor, $0.baseAddress, $0.count, 0, peer, size) }
            }
        }
    }

    /// RFC 1035 §4. Nil: silence.
    private func answer(_ query: [UInt8], overUDP: Bool) -> [UInt8]? {
        guard query.count > 16, let (name, end) = Self.name(query), query.count >= end + 4 else { return nil }
        if query[end] == 1, query[end + 1] == 1 { return answerCAA(query, name, end) }
        let isIPv6 = query[end + 1] == 28
        let reply = replies.withLock { $0[name] } ?? .unknown
        questions.append(name)
        var (flags, code): (UInt8, UInt8) = (0x81, 0)
        var records: [[UInt8]] = []
        var life: UInt32 = 0
        var aliasLife: UInt32?
        switch reply {
        case .silence: return nil
        case .onlyIPv4(_, _) where isIPv6: return nil
        case .onlyIPv6(_, _) where !isIPv6: return nil
        case .unknown: code = 3
        case .failure: code = 2
        case .failureOfIPv4: code = isIPv6 ? 0 : 2
        case .tooLongForUDP(_, _) where overUDP: flags |= 0x02
        case .addresses(let all, let ttl), .tooLongForUDP(let all, let ttl), .onlyIPv4(let all, let ttl),
            .onlyIPv6(let all, let ttl):
            (records, life) = (all.filter { $0.contains(":") == isIPv6 }.map(Self.bytes), ttl)
        case .alias(let ttl, let all, let addressTTL):
            (records, life) = (all.filter { $0.contains(":") == isIPv6 }.map(Self.bytes), addressTTL)
            aliasLife = ttl
        }
        let count = records.count + (aliasLife == nil ? 0 : 1)
        var packet = query[0..<2] + [flags, 0x80 | code, 0, 1, 0, UInt8(count), 0, 0, 0, 0]
        packet += query[12..<end + 4]
        // The name that was asked for stands at offset 12.
        var owner: UInt8 = 12
        if let aliasLife {
            packet += Self.record(owner, type: 5, aliasLife, [4] + Array("real".utf8) + [0xC0, 12])
            owner = UInt8(packet.count - 7)
        }
        for record in records { packet += Self.record(owner, type: isIPv6 ? 28 : 1, life, record) }
        return Array(packet)
    }

    private func answerCAA(_ query: [UInt8], _ name: String, _ end: Int) -> [UInt8] {
        let records = permissions.withLock { $0[name] } ?? []
        questions.append(name)
        var packet = query[0..<2] + [0x81, 0x80, 0, 1, 0, UInt8(records.count), 0, 0, 0, 0] + query[12..<end + 4]
        for (flags, tag, value) in records {
            let data = [flags, UInt8(tag.utf8.count)] + Array(tag.utf8) + Array(value.utf8)
            packet += [0xC0, 12, 1, 1, 0, 1, 0, 0, 0, 60, 0, UInt8(data.count)] + data
        }
        return Array(packet)
    }

    /// RFC 1035 §4.1.3, of the name at offset `owner`.
    private static func record(_ owner: UInt8, type: UInt8, _ life: UInt32, _ data: [UInt8]) -> [UInt8] {
        let ttl = (0..<4).map { UInt8(truncatingIfNeeded: life >> (24 - 8 * $0)) }
        return [0xC0, owner, 0, type, 0, 1] + ttl + [0, UInt8(data.count)] + data
    }

    private static func name(_ query: [UInt8]) -> (name: String, end: Int)? {
        var labels: [String] = []
        var at = 12
        while at < query.count, query[at] > 0 {
            guard at + 1 + Int(query[at]) < query.count else { return nil }
            labels.append(String(decoding: query[at + 1...at + Int(query[at])], as: UTF8.self))
            at += 1 + Int(query[at])
        }
        return (labels.joined(separator: ".").lowercased(), at + 1)
    }

    private static func bytes(_ address: String) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 16)
        let isIPv6 = address.contains(":")
        _ = unsafe inet_pton(isIPv6 ? AF_INET6 : AF_INET, address, &bytes)
        return Array(bytes.prefix(isIPv6 ? 16 : 4))
    }
}
