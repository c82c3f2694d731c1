import COpenSSL
import CRecords

/// Records that are sealed by `write` and sent by its caller.
extension TLSSession {
    /// What the last `write` has sealed and not sent, which is the caller's to send; nil if there is none. Unsafe: the bytes are
    /// the thread's, and valid until its next operation on any session.
    @unsafe package func takeSealed() -> UnsafeRawBufferPointer? {
        let count = unsafe Int(wire.pointee.sealed)
        guard count > 0 else { return nil }
        unsafe wire.pointee.sealed = 0
        return unsafe UnsafeRawBufferPointer(start: gh_gather_room(), count: count)
    }

    /// Has the record layer something to say of itself, an answer to a KeyUpdate, that could not be sent yet?
    package var owes: Bool { unsafe records != nil && gh_records_owe(records) != 0 }

    /// Sends it, if it can leave at once.
    package func sendOwed() {
        if let records = unsafe records { unsafe gh_wire_send_owed(wire, records) }
    }

    /// What `takeSealed()` gave could not be sent: nothing can be any more.
    /// - Parameter code: the errno.
    package func failSending(_ code: Int32) { unsafe wire.pointee.send_error = code }

    /// The socket is closed, and its descriptor may be another one's by now: nothing is read or sent any more.
    package func forgetSocket() { unsafe wire.pointee.descriptor = -1 }
}
