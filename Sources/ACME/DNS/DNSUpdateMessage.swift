import TLS

/// An update of a zone (RFC 2136) that is signed by a shared key (TSIG, RFC 8945 with HMAC-SHA-256), as bytes; and the answer to
/// it.
struct DNSUpdateMessage {
    enum Change: Equatable {
        case add, remove
    }

    /// The message as it is sent.
    let bytes: [UInt8]
    private let code: [UInt8]
    private let key: DNSUpdate.Key

    /// Seconds by which clocks may differ (RFC 8945 §10).
    private static let fudge = 300
    /// The record's time to live, in seconds: it is there for minutes.
    private static let timeToLive = 60

    private enum Kind {
        static let soa = 6, txt = 16, tsig = 250
    }

    private enum Class {
        static let internet = 1, none = 254, any = 255
    }

    /// - Parameters:
    ///   - name: of a TXT record, below the zone.
    ///   - value: up to 255 bytes.
    ///   - now: seconds since 1970.
    ///   - identifier: of the message, drawn by chance.
    /// - Throws: `.settings` if a name is none, or the key cannot be used.
    init(
        _ change: Change, _ name: String, _ value: String, zone: String, key: DNSUpdate.Key, now: Int64, identifier: UInt16
    ) throws(ACMEError) {
        var message = DNSBytes()
        // The header: opcode 5 (UPDATE), one zone, nothing that must be so, one change.
        for number in [Int(identifier), 5 << 11, 1, 0, 1, 0] { message.append(number, bytes: 2) }
        try message.append(name: zone)
        message.append(Kind.soa, bytes: 2)
        message.append(Class.internet, bytes: 2)
        try message.append(name: name)
        message.append(Kind.txt, bytes: 2)
        // RFC 2136 §2.5.4: of no class, and without a time, it is that one record which goes.
        message.append(change == .add ? Class.internet : Class.none, bytes: 2)
        message.append(change == .add ? Self.timeToLive : 0, bytes: 4)
        message.append(value.utf8.count + 1, bytes: 2)
        message.append(value.utf8.count, bytes: 1)
        message.bytes += Array(value.utf8)
        let variables = try Self.variables(key, time: now, fudge: Self.fudge, error: 0, other: [])
        guard let code = hmacSHA256(message.bytes + variables, key: key.secret) else {
            throw .settings("acme.dns_update.key_secret is no key")
        }
        try Self.sign(&message, by: key, code, now, identifier)
        (bytes, self.code, self.key) = (message.bytes, code, key)
    }

    private static func sign(
        _ message: inout DNSBytes, by key: DNSUpdate.Key, _ code: [UInt8], _ now: Int64, _ identifier: UInt16
    ) throws(ACMEError) {
        var data = DNSBytes()
        try data.append(name: DNSUpdate.Key.algorithm)
        data.append(Int(now), bytes: 6)
        data.append(fudge, bytes: 2)
        data.append(code.count, bytes: 2)
        data.bytes += code
        for number in [Int(identifier), 0, 0] { data.append(number, bytes: 2) }
        try message.append(name: key.name)
        message.append(Kind.tsig, bytes: 2)
        message.append(Class.any, bytes: 2)
        message.append(0, bytes: 4)
        message.append(data.bytes.count, bytes: 2)
        message.bytes += data.bytes
        // One additional record more.
        message.bytes[11] = 1
    }

    /// What is signed besides the message (RFC 8945 §4.3.3).
    private static func variables(
        _ key: DNSUpdate.Key, time: Int64, fudge: Int, error: Int, other: [UInt8]
    ) throws(ACMEError) -> [UInt8] {
        var bytes = DNSBytes()
        try bytes.append(name: key.name)
        bytes.append(Class.any, bytes: 2)
        bytes.append(0, bytes: 4)
        try bytes.append(name: DNSUpdate.Key.algorithm)
        bytes.append(Int(time), bytes: 6)
        for number in [fudge, error, other.count] { bytes.append(number, bytes: 2) }
        return bytes.bytes + other
    }

    // MARK: The answer

    /// Takes the server's answer.
    /// - Throws: `.hook` if it refuses, or if it was not signed by the key.
    func take(_ answer: [UInt8], now: Int64) throws(ACMEError) {
        let malformed = ACMEError.hook("the DNS server's answer is none")
        guard answer.count >= 12, answer[0...1] == bytes[0...1], answer[2] & 0xF8 == 0xA8 else { throw malformed }
        let result = Int(answer[3] & 15)
        var reader = DNSReader(answer, at: 12)
        let counts = (0..<4).map { Int(answer[4 + 2 * $0]) << 8 | Int(answer[5 + 2 * $0]) }
        for _ in 0..<counts[0] { guard reader.skipName(), reader.skip(4) else { throw malformed } }
        let records = counts[1] + counts[2] + counts[3]
        for _ in 0..<max(0, records - 1) { guard reader.skipRecord() else { throw malformed } }
        let start = reader.next
        // RFC 8945 §5.1: it is the last of the additional records.
        guard counts[3] > 0, let signature = reader.signature(by: key.name), reader.isAtEnd else {
            // RFC 8945 §5.2: an answer to a key that it does not know is not signed.
            throw .hook("the DNS server \(Self.reason(result, 0)), and its answer is not signed")
        }
        guard result == 0 || signature.error == 0 else { throw .hook("the DNS server \(Self.reason(result, signature.error))") }
        var plain = Array(answer[..<start])
        let additional = counts[3] - 1
        (plain[10], plain[11]) = (UInt8(additional >> 8), UInt8(additional & 255))
        (plain[0], plain[1]) = (UInt8(signature.identifier >> 8), UInt8(signature.identifier & 255))
        let length = [UInt8(code.count >> 8), UInt8(code.count & 255)]
        let variables = try Self.variables(
            key, time: signature.time, fudge: signature.fudge, error: signature.error, other: signature.other)
        guard hmacSHA256(length + code + plain + variables, key: key.secret) == signature.code,
            abs(signature.time - now) <= Int64(signature.fudge)
        else { throw .hook("the DNS server's answer is not signed by \(key.name)") }
        guard result == 0 else { throw .hook("the DNS server \(Self.reason(result, signature.error))") }
    }

    /// RFC 1035 §4.1.1, RFC 2136 §2.2, RFC 8945 §3.
    private static func reason(_ result: Int, _ error: Int) -> String {
        switch error {
        case 16: return "does not accept the signature: is key_secret right? (BADSIG)"
        case 17: return "does not know the key, or does not allow it this update: key_name, and the server's rules (BADKEY)"
        case 18: return "has another time (BADTIME)"
        default: break
        }
        let names = [
            1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN", 7: "YXRRSET", 8: "NXRRSET",
            9: "NOTAUTH", 10: "NOTZONE",
        ]
        return result == 0 ? "has done it" : "refuses the update (\(names[result] ?? "code \(result)"))"
    }
}
