package import Buffers
package import EventLoop
package import Transport

/// Bytes both ways with a peer, as they are: what a connection becomes when it leaves HTTP.
///
/// Operations try and return at once; `watch` says what wakes the waiter.
package protocol Duplex: AnyObject {
    /// Could `receive` come to anything now: bytes, the end, or an error? False is certain.
    var mayReceive: Bool { get }
    /// Reads once into the buffer's room, which must not be empty; it never waits.
    /// - Returns: how many bytes came, that none are there yet, or the end.
    func receive(into buffer: Buffer) throws(PeerError) -> ReadOutcome

    /// Writes a prefix of the buffer's unread bytes, at most `limit` of them, and consumes it.
    /// - Returns: how many bytes went; 0 when blocked. After that the next write must begin with the same bytes.
    func send(_ buffer: Buffer, atMost limit: Int) throws(PeerError) -> Int
    /// Writes a prefix of `span`.
    /// - Returns: how many bytes went; 0 when blocked. After that the next write must begin with the same bytes.
    func send(_ span: Span<UInt8>) throws(PeerError) -> Int
    /// How many bytes the next write must offer again at least, after a blocked write of `count` bytes.
    func owed(of count: Int) -> Int
    /// Has a write left something over that the kernel did not take?
    var hasUnsent: Bool { get }
    /// Sends what is left over.
    /// - Returns: is everything with the kernel?
    func sendRest() throws(PeerError) -> Bool

    /// Makes this the waiter that is woken for what `watch` names, in place of any other.
    func attach(to waiter: Waiter)
    /// What wakes the waiter: a read, a write, both, or neither.
    func watch(reading: Bool, writing: Bool)

    /// See the extension.
    var endsWithLastBytes: Bool { get }
    /// Ends our side in an orderly way; the peer may still send.
    func shutdownWrite()
    /// Ends both directions at once, without an orderly end.
    func breakOff()
    /// It will be silent for a while: memory that can be had again is given back.
    func releaseMemory()
}

extension Duplex {
    /// May its peer end its side together with its last bytes, and still wait for what there is to say to them? A socket's FIN is
    /// an act of its own.
    package var endsWithLastBytes: Bool { false }
}

extension Stream: Duplex {
    package var mayReceive: Bool { mayRead }

    /// `read`, with a peer's error.
    package func receive(into buffer: Buffer) throws(PeerError) -> ReadOutcome {
        do { return try read(into: buffer) } catch { throw .connection(error) }
    }

    /// `write`, with a peer's error.
    package func send(_ buffer: Buffer, atMost limit: Int) throws(PeerError) -> Int {
        do { return try write(buffer, atMost: limit) } catch { throw .connection(error) }
    }

    /// `write`, with a peer's error.
    package func send(_ span: Span<UInt8>) throws(PeerError) -> Int {
        do { return try write(span) } catch { throw .connection(error) }
    }

    /// `flush`, with a peer's error.
    package func sendRest() throws(PeerError) -> Bool {
        do { return try flush() } catch { throw .connection(error) }
    }
}
