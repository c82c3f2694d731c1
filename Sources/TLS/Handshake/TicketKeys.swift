import COpenSSL

/// The keys of a listener's session tickets. They outlive a plan: clients that come back after a reload still resume.
/// `@safe`: the pointer is made in `init`, freed in `deinit`, and lent to sessions whose names hold this object.
@safe package final class TicketKeys: Sendable {
    /// Nil if memory was out; any thread may use it (it has a lock of its own).
    nonisolated(unsafe) let keys: OpaquePointer?

    package init() {
        unsafe keys = gh_tickets_new()
    }

    deinit {
        unsafe gh_tickets_free(keys)
    }

    /// Goes on with the keys of a file; with none, with its own again.
    package func use(_ given: [UInt8]) {
        guard let keys = unsafe keys else { return }
        // The bytes are copied during the call.
        unsafe given.withUnsafeBufferPointer {
            unsafe gh_tickets_use(keys, $0.baseAddress, given.count / Int(GH_TICKET_KEY_SIZE))
        }
    }

    /// A copy, for a process on this machine that takes the place of this one; nil if memory was out.
    package var copy: [UInt8]? {
        guard let keys = unsafe keys else { return nil }
        var copy = [UInt8](repeating: 0, count: Int(GH_TICKET_KEYS_SIZE))
        // The pointer is used during the call alone; the array has as many bytes as the call wants.
        unsafe copy.withUnsafeMutableBufferPointer { unsafe gh_tickets_read(keys, $0.baseAddress) }
        return copy
    }

    /// Goes on with those of another process, whose tickets are good here, too. Before the first handshake.
    /// - Parameter copy: of theirs; nothing happens if it is of another length.
    package func adopt(_ copy: [UInt8]) {
        guard let keys = unsafe keys, copy.count == Int(GH_TICKET_KEYS_SIZE) else { return }
        unsafe copy.withUnsafeBufferPointer { unsafe gh_tickets_write(keys, $0.baseAddress) }
    }
}
