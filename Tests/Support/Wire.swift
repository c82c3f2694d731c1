import Glibc

/// A TCP connection whose every byte a test decides. It blocks: use it within `onThread` or in an upstream's script.
package final class Wire: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        let code: Int32
        package let description: String
    }

    /// How a peer ended its side.
    package enum Ending: Sendable, Equatable {
        case closed, reset
    }

    let descriptor: Int32
    private let isOpen = Guarded(true)
    private let unread = Guarded<[UInt8]>([])

    /// Takes over a connected socket.
    init(adopting descriptor: Int32) {
        self.descriptor = descriptor
        // A peer that says nothing for so long fails the test instead of hanging it.
        var patience = timeval(tv_sec: Place.patience, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        var on: Int32 = 1
        _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Connects to a port of this machine.
    /// - Parameter host: "127.0.0.1" or "::1".
    package convenience init(to port: UInt16, host: String = "127.0.0.1") throws {
        let address = LoopbackAddress(host, port)
        let descriptor = try address.newSocket()
        guard unsafe address.with({ unsafe connect(descriptor, $0, $1) }) == 0 else {
            let reason = Failure("connect to \(host):\(port)")
            Glibc.close(descriptor)
            throw reason
        }
        self.init(adopting: descriptor)
    }

    deinit {
        close()
    }

    // MARK: Sending

    /// A write of which nothing is taken for so long fails, as a server's does that gives its client up.
    package func limitWrites(toSeconds seconds: Int) {
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    package func write(_ text: String) throws { try write(Array(text.utf8)) }

    package func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            // The pointer is used during the call alone.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure("send") }
            sent += count
        }
    }

    /// Ends our side, and reads on.
    package func finishWriting() {
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }

    package func close() {
        isOpen.withLock { isOpen in
            if isOpen { _ = Glibc.close(descriptor) }
            isOpen = false
        }
    }

    /// Closes with a reset.
    package func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    // MARK: Receiving

    /// Has the peer sent something that is not read yet, or ended?
    package var hasInput: Bool {
        guard unread.withLock({ $0.isEmpty }) else { return true }
        var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&question, 1, 0) > 0
    }

    /// Waits, without reading, until the peer has ended.
    package func waitUntilGone() throws {
        // POLLRDHUP of poll(2), which Glibc shows to _GNU_SOURCE alone.
        let (ending, patience) = (Int16(0x2000), Int32(90_000))
        var question = pollfd(fd: descriptor, events: ending, revents: 0)
        guard unsafe poll(&question, 1, patience) > 0 else { throw Failure(text: "the peer does not end") }
    }

    /// Exactly so many bytes.
    package func read(_ count: Int) throws -> [UInt8] {
        while unread.withLock({ $0.count }) < count {
            guard try receive() else {
                throw Failure(text: "the peer closed after \(unread.withLock { $0.count }) of \(count) bytes")
            }
        }
        return take(count)
    }

    /// Up to and with the next line end.
    package func readLine() throws -> String {
        guard let line = try read(through: "\r\n") else { throw Failure(text: "the peer closed before a line") }
        return String(decoding: line.dropLast(2), as: UTF8.self)
    }

    /// The next head with its empty line; nil if the peer closed before it.
    package func readHead() throws -> Message? {
        try read(through: "\r\n\r\n").map { Message(head: String(decoding: $0, as: UTF8.self)) }
    }

    /// A whole request; nil if there is no other.
    package func readRequest() throws -> Message? {
        guard var request = try readHead() else { return nil }
        try readBody(of: &request)
        return request
    }

    /// As `readRequest`, where there must be one.
    package func request() throws -> Message {
        guard let request = try readRequest() else { throw Failure(text: "the client closed before its request") }
        return request
    }

    /// As `readHead`, where there must be one.
    package func head() throws -> Message {
        guard let head = try readHead() else { throw Failure(text: "the peer closed before a head") }
        return head
    }

    /// A whole answer, without interim ones before it.
    /// - Parameter toHead: the request's method was HEAD.
    package func readAnswer(toHead: Bool = false) throws -> Message {
        guard var answer = try readHead() else { throw Failure(text: "the peer closed before its answer") }
        guard !toHead, answer.status >= 200, answer.status != 204, answer.status != 304 else { return answer }
        if answer.isChunked || answer.length != nil {
            try readBody(of: &answer)
        } else {
            answer.body = try readToEnd().bytes
        }
        return answer
    }

    /// The body that the head's framing announces.
    package func readBody(of message: inout Message) throws {
        guard message.isChunked else {
            message.body = try read(message.length ?? 0)
            return
        }
        while true {
            let line = try readLine()
            guard let size = Int(line.prefix { $0 != ";" }, radix: 16) else { throw Failure(text: "not a chunk size: \(line)") }
            guard size > 0 else { break }
            message.chunks.append(size)
            message.body += try read(size)
            guard try readLine().isEmpty else { throw Failure(text: "a chunk does not end where it should") }
        }
        while case let line = try readLine(), !line.isEmpty { message.trailers.append(line) }
    }

    /// Everything until the peer ends.
    package func readToEnd() throws -> (bytes: [UInt8], ending: Ending) {
        var ending = Ending.closed
        do {
            while try receive() {}
        } catch let failure as Failure where failure.code == ECONNRESET {
            ending = .reset
        }
        return (take(unread.withLock { $0.count }), ending)
    }

    // MARK: -

    private func read(through end: String) throws -> [UInt8]? {
        let end = Array(end.utf8)
        while true {
            let found = unread.withLock { bytes in
                // By the first byte before all of them: in a debug build the latter takes microseconds.
                bytes.indices.first { bytes[$0] == end[0] && bytes[$0...].starts(with: end) }
            }
            if let found { return take(found + end.count) }
            guard try receive() else {
                let rest = unread.withLock { $0 }
                guard rest.isEmpty else { throw Failure(text: "cut off: \(String(decoding: rest, as: UTF8.self))") }
                return nil
            }
        }
    }

    private func take(_ count: Int) -> [UInt8] {
        unread.withLock { bytes in
            defer { bytes.removeFirst(count) }
            return Array(bytes.prefix(count))
        }
    }

    /// - Returns: false when the peer has ended.
    private func receive() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        // The pointer is used during the call alone.
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw Failure("recv") }
        unread.withLock { $0 += chunk.prefix(count) }
        return count > 0
    }
}

extension Wire.Failure {
    /// The system call that failed just now.
    init(_ call: String) {
        code = errno
        // strerror(3)'s text is read before any other call can replace it.
        description = unsafe "\(call): \(String(cString: strerror(code)))"
    }

    init(text: String) {
        code = 0
        description = text
    }
}
