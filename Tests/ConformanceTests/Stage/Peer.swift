import Glibc
import TLS

/// The test's end of one connection, plain or TLS: what it has yet to send, what has come, and how it ended. It never waits.
final class Peer {
    enum Ending: Equatable, CustomStringConvertible {
        /// In order: FIN, and over TLS a close_notify before it.
        case orderly
        /// A reset, or TLS without close_notify.
        case cut(String)

        var description: String {
            switch self {
            case .orderly: "an orderly end"
            case .cut(let reason): "a cut (\(reason))"
            }
        }
    }

    let descriptor: Int32
    private(set) var received: [UInt8] = []
    private(set) var ending: Ending?
    private(set) var isSecured: Bool
    /// A peer that does not read lets the other side's answers pile up.
    var reads = true
    private let tls: TLSSession?
    private var outgoing: [ArraySlice<UInt8>] = []
    private var isOpen = true

    init(_ descriptor: Int32, tls: TLSSession? = nil) {
        self.descriptor = descriptor
        self.tls = tls
        isSecured = tls == nil
    }

    deinit { close() }

    /// Queues bytes: each call is a TLS record of its own.
    func send(_ bytes: [UInt8]) {
        if !bytes.isEmpty { outgoing.append(bytes[...]) }
    }

    var hasReceived: Bool { !received.isEmpty }
    var hasSentAll: Bool { outgoing.isEmpty }
    /// How many bytes are yet to be sent.
    var unsent: Int { outgoing.reduce(0) { $0 + $1.count } }

    /// Takes what has been received so far.
    func takeReceived() -> [UInt8] {
        defer { received = [] }
        return received
    }

    /// Puts bytes that belong to the next message back in front.
    func putBack(_ bytes: [UInt8]) { received = bytes + received }

    /// For poll(2).
    var interest: (Int32, Int16)? {
        guard isOpen, ending == nil else { return nil }
        return (descriptor, Int16((reads ? POLLIN : 0) | (outgoing.isEmpty ? 0 : POLLOUT)))
    }

    /// Does all that can be done without waiting.
    func step() {
        guard isOpen, ending == nil else { return }
        do {
            guard try performHandshake() else { return }
            try write()
        } catch {
            // What the other side sent before it broke the connection may still be read.
            outgoing = []
        }
        guard reads || tls != nil && !isSecured else { return }
        do {
            while try read() {}
        } catch {
            ending = .cut("\(error)")
        }
    }

    /// Ends in order: close_notify, FIN, and no more.
    func close() {
        guard isOpen else { return }
        isOpen = false
        if let tls {
            tls.setReadiness(readable: false, writable: true, hungUp: false)
            tls.sendCloseNotify()
        }
        Glibc.close(descriptor)
    }

    /// Sends close_notify and FIN, and goes on reading.
    func finishWriting() {
        if let tls {
            tls.setReadiness(readable: false, writable: true, hungUp: false)
            tls.sendCloseNotify()
        }
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Closes the socket without a word of TLS.
    func closeWithoutNotice() {
        guard isOpen else { return }
        isOpen = false
        Glibc.close(descriptor)
    }

    /// Closes with a reset.
    func reset() {
        Descriptor.resetOnClose(descriptor)
        closeWithoutNotice()
    }

    // MARK: -

    private func performHandshake() throws -> Bool {
        guard let tls, !isSecured else { return true }
        tls.setReadiness(readable: true, writable: true, hungUp: false)
        do {
            guard case .moved = try tls.handshake() else { return false }
        } catch {
            ending = .cut("\(error)")
            throw error
        }
        isSecured = true
        return true
    }

    private func write() throws {
        if let tls {
            tls.setReadiness(readable: true, writable: true, hungUp: false)
            guard case .moved = try tls.flush() else { return }
        }
        while let piece = outgoing.first {
            let count: Int
            if let tls {
                tls.setReadiness(readable: true, writable: true, hungUp: false)
                // The pointer is used during the call alone.
                let progress = try unsafe piece.withUnsafeBytes { unsafe try tls.write($0) }
                guard case .moved(let moved) = progress else { return }
                count = moved
            } else {
                count = try Descriptor.write(descriptor, piece)
                if count == 0 { return }
            }
            if count == piece.count { outgoing.removeFirst() } else { outgoing[0] = piece.dropFirst(count) }
        }
    }

    /// - Returns: may there be more?
    private func read() throws -> Bool {
        guard ending == nil else { return false }
        guard let tls else {
            guard let bytes = try Descriptor.read(descriptor) else { return false }
            if bytes.isEmpty { ending = .orderly }
            received += bytes
            return !bytes.isEmpty
        }
        tls.setReadiness(readable: true, writable: true, hungUp: false)
        var progress = TLSSession.Progress.wantsRead
        var failure: TLSError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, initialized in
            do throws(TLSError) {
                progress = try unsafe tls.read(into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
            if case .moved(let count) = progress { initialized = count } else { initialized = 0 }
        }
        if let failure { throw failure }
        received += bytes
        if progress == .end { ending = .orderly }
        if case .moved = progress { return true }
        return false
    }
}
