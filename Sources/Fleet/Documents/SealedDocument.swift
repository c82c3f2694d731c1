/// Why a document is not used.
enum DocumentFault: Error, Equatable, CustomStringConvertible {
    /// Nothing of ours.
    case foreign
    /// The document has a form that a later version of this program writes.
    case newer(Int)
    case tooLarge(Int)
    /// Hidden by a key that is none of ours: its name.
    case otherKey(String)
    /// Changed by somebody who has no key, or put where it does not belong.
    case altered
    /// It opens, and does not say what it should.
    case malformed

    var description: String {
        switch self {
        case .foreign: "it is no document of a fleet"
        case .newer(let version): "it is of version \(version), and this program knows \(SealedDocument.version)"
        case .tooLarge(let count): "it has \(count) bytes, and \(SealedDocument.maxBytes) are the most"
        case .otherKey(let name): "it is encrypted with the key \(name), which is not in fleet.secret_file"
        case .altered: "it was changed, or put where it does not belong: its signature is not right"
        case .malformed: "it cannot be read"
        }
    }
}

/// A document as others keep it for the fleet: a line that says what it is, and what only the fleet can read.
///
/// The line is `gatehouse-fleet VERSION KEY`. It is bound to the rest, and so is the key in etcd that the document is kept by:
/// one that is moved to another does not open there.
enum SealedDocument {
    static let version = 1
    /// etcd takes requests of 1.5 MiB, as base64 and with what goes around it.
    static let maxBytes = 1024 * 1024
    private static let word = "gatehouse-fleet"
    /// The line is shorter.
    private static let maxLine = 64

    /// - Parameter name: its key in etcd.
    /// - Returns: nil if libcrypto has no randomness or no memory.
    static func seal(_ bytes: [UInt8], at name: String, with secret: FleetSecret) -> [UInt8]? {
        guard let key = secret.keys.first else { return nil }
        let line = Array("\(word) \(version) \(key.name)\n".utf8)
        return Sealing.seal(bytes, key: key.bytes, stated: line + Array(name.utf8)).map { line + $0 }
    }

    static func open(_ document: [UInt8], at name: String, with secret: FleetSecret) throws(DocumentFault) -> [UInt8] {
        guard document.count <= maxBytes else { throw .tooLarge(document.count) }
        guard let end = document.prefix(maxLine).firstIndex(of: 0x0A) else { throw .foreign }
        let line = document[...end]
        let words = String(decoding: line.dropLast(), as: UTF8.self).split(separator: " ")
        guard words.count >= 2, words[0] == word, let number = Int(words[1]), number > 0 else { throw .foreign }
        guard number <= version else { throw .newer(number) }
        guard words.count == 3 else { throw .foreign }
        guard let key = secret.keys.first(where: { $0.name == words[2] }) else {
            let isName = words[2].count == 8 && words[2].allSatisfy(\.isHexDigit)
            throw isName ? .otherKey(String(words[2])) : .foreign
        }
        guard let bytes = Sealing.open(document[(end + 1)...], key: key.bytes, stated: Array(line) + Array(name.utf8)) else {
            throw .altered
        }
        return bytes
    }
}
