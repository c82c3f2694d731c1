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
}
