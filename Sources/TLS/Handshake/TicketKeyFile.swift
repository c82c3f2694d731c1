import COpenSSL
import Glibc
import Synchronization

/// Keys for session tickets in a file, which several gateways share: each resumes the others' sessions.
///
/// The file holds one to eight keys of 80 bytes, as nginx's `ssl_session_ticket_key` does: the first makes new tickets, and all
/// of them open old ones.
package final class TicketKeyFile: Sendable {
    package let path: String
    private let keys: Mutex<[UInt8]>

    /// - Throws: `.configuration(nil)`: why it cannot be used.
    package init(_ path: String) throws(TLSError) {
        self.path = path
        keys = Mutex(try Self.read(path))
    }

    /// Makes listeners go on with these keys.
    package func give(to tickets: TicketKeys) { keys.withLock { tickets.use($0) } }

    /// Reads the file anew.
    /// - Returns: are there other keys in it?
    /// - Throws: why it cannot be used; what was in use stays.
    package func look() throws(TLSError) -> Bool {
        let found = try Self.read(path)
        return keys.withLock { keys in
            guard found != keys else { return false }
            keys = found
            return true
        }
    }

    /// Can everybody on this machine read it?
    package var isOpenToAll: Bool {
        var status = stat()
        // The path is read and the struct filled during the call alone.
        return unsafe stat(path, &status) == 0 && status.st_mode & 0o004 != 0
    }

    private static func read(_ path: String) throws(TLSError) -> [UInt8] {
        let size = Int(GH_TICKET_KEY_SIZE)
        let most = Int(GH_MOST_TICKET_KEYS)
        ERR_clear_error()
        try RegularFile.check([(path, nil)])
        guard let input = unsafe RegularFile.open(path) else {
            throw TLSError(.configuration(nil), "cannot read \(path): \(TLSError.takeFileReason())")
        }
        defer { unsafe BIO_free(input) }
        var bytes = [UInt8](repeating: 0, count: size * most + 1)
        // At most as many bytes are written as there are.
        let count = unsafe Int(max(0, BIO_read(input, &bytes, Int32(bytes.count))))
        guard count > 0, count % size == 0, count <= size * most else {
            throw TLSError(
                .configuration(nil), "\(path) must hold one to \(most) keys of \(size) bytes each (openssl rand \(size) >FILE)")
        }
        return Array(bytes.prefix(count))
    }
}
