import COpenSSL
import Synchronization

/// What is in a file that may hold a key: wiped when nobody needs it any more.
/// `@safe`: the room is owned here, and lent for a call. Its first `filled` bytes are not written again, and nobody reads what is
/// behind them: there the one thread writes that has made the object, and says by `filled` when it has.
@safe package final class SecretBytes: Sendable {
    private nonisolated(unsafe) let room: UnsafeMutableRawBufferPointer
    private let filled = Atomic<Int>(0)

    init(capacity: Int) {
        unsafe room = .allocate(byteCount: capacity, alignment: 1)
    }

    /// Appends bytes. Only the thread that has made the object may do so.
    /// - Returns: false if there is no room for them.
    func append(_ bytes: ArraySlice<UInt8>) -> Bool {
        let count = filled.load(ordering: .acquiring)
        guard unsafe count + bytes.count <= room.count else { return false }
        // The room is as long as that.
        unsafe bytes.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(rebasing: room[count...]).copyMemory(from: $0) }
        filled.store(count + bytes.count, ordering: .releasing)
        return true
    }

    deinit {
        unsafe OPENSSL_cleanse(room.baseAddress, room.count)
        unsafe room.deallocate()
    }

    /// Lends them as something that OpenSSL reads; nil if memory is out.
    func withInput<Result>(_ body: (OpaquePointer) -> Result) -> Result? {
        let count = Int32(clamping: filled.load(ordering: .acquiring))
        guard let input = unsafe BIO_new_mem_buf(room.baseAddress, count) else { return nil }
        defer { unsafe BIO_free(input) }
        return unsafe body(input)
    }
}
