/// The users of an htpasswd file, with the hashes of their passwords.
package struct PasswordList: Sendable {
    /// Why a file is no such list.
    package struct Fault: Error, Sendable, Equatable {
        /// The line, from 1; 0: the file as a whole.
        package let line: Int
        package let reason: String
    }

    /// Bytes of a file: enough for some ten thousand users.
    package static let maxBytes = 1 << 20
    /// Bytes of a password: no form of crypt(5) takes more.
    package static let maxPassword = 512

    private var hashes: [[UInt8]: String] = [:]
    /// The hashes in the order of the file.
    private var all: [String] = []

    /// - Parameter bytes: of the file: a line `name:hash` for each user; what follows a further colon is ignored, and so are
    ///   empty lines and those that begin with `#`.
    package init(_ bytes: [UInt8]) throws(Fault) {
        guard bytes.count <= Self.maxBytes else { throw Fault(line: 0, reason: "is larger than \(Self.maxBytes >> 20) MiB") }
        var number = 0
        // Some editors put a byte-order mark before all: it is not of the first name.
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
            do throws(Fault) { try add(line) } catch { throw Fault(line: number, reason: error.reason) }
        }
    }

    package var isEmpty: Bool { all.isEmpty }

    /// The hash of a user's password.
    /// - Parameter draw: evenly spread, and for each name its own: chooses the hash of somebody else where nobody has the name.
    ///   To check a password against that takes as long as for a user, so nobody learns who is one.
    /// - Returns: nil if there are no users at all.
    package func hash(of user: [UInt8], draw: UInt64) -> (hash: String, isTheirs: Bool)? {
        if let hash = hashes[user] { return (hash, true) }
        return all.isEmpty ? nil : (all[Int(draw % UInt64(all.count))], false)
    }

    private mutating func add(_ line: ArraySlice<UInt8>) throws(Fault) {
        let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let user = parts.first, !user.isEmpty else { throw Fault(line: 0, reason: "is not name:hash") }
        guard user.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), user.first != 0x20, user.last != 0x20,
            String(validating: user, as: UTF8.self) != nil
        else { throw Fault(line: 0, reason: "a name has control characters, spaces around it, or is no UTF-8") }
        let hash = String(decoding: parts[1], as: UTF8.self)
        if let reason = PasswordHash.fault(in: hash) { throw Fault(line: 0, reason: reason) }
        guard hashes.updateValue(hash, forKey: Array(user)) == nil else {
            throw Fault(line: 0, reason: "the name \"\(String(decoding: user, as: UTF8.self))\" is there twice")
        }
        all.append(hash)
    }
}
