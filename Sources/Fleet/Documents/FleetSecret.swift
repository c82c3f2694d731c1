package import ACME
import HTTP
package import Protection
import TLS

/// The keys that hide what the fleet keeps with others, from the file of `fleet.secret_file`: a line of 64 hexadecimal digits
/// each. The first hides, and all of them open: so a key is replaced by writing a new one before it.
package struct FleetSecret: Sendable, Equatable {
    struct Key: Sendable, Equatable {
        let bytes: [UInt8]
        /// Stands in the documents, so that who has another key is told so. It says nothing of the key.
        let name: String
    }

    /// One or more.
    let keys: [Key]
    private static let maxKeys = 8

    /// - Throws: `.settings`: why the file cannot be used.
    package init(file: String) throws(ACMEError) {
        guard let text = SecretFile.text(of: file) else { throw .settings("cannot read \(file)") }
        try self.init(text: text, file: file)
    }

    init(text: String, file: String) throws(ACMEError) {
        var keys: [Key] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let digits = line.utf8.filter { $0 != 0x20 && $0 != 0x09 }
            if digits.isEmpty || digits.first == UInt8(ascii: "#") { continue }
            guard let bytes = Self.bytes(digits) else {
                throw .settings("\(file) must hold a line of \(Sealing.keyLength * 2) hexadecimal digits (openssl rand -hex 32)")
            }
            keys.append(Key(bytes: bytes, name: String(ContentHash.hexadecimal(Array("gatehouse fleet".utf8) + bytes).prefix(8))))
        }
        guard (1...Self.maxKeys).contains(keys.count) else {
            throw .settings("\(file) holds \(keys.count) keys, and must hold one to \(Self.maxKeys)")
        }
        self.keys = keys
    }

    /// The seeds by which all members call a client of a rate limit the same, while nobody else can tell who it is.
    package var clientSeeds: ClientSeeds? {
        ClientSeeds(digest: ContentHash.hexadecimal(Array("gatehouse clients".utf8) + keys[0].bytes))
    }

    private static func bytes(_ digits: [UInt8]) -> [UInt8]? {
        guard digits.count == Sealing.keyLength * 2 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = ByteClass.hexValue(digits[index]), let low = ByteClass.hexValue(digits[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
