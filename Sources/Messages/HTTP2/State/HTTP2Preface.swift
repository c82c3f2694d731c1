import HTTP2

/// What a client begins a connection with, RFC 9113 §3.4.
package enum HTTP2Preface {
    static let bytes = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// Do a connection's first bytes say that it is HTTP/2's? Nil as long as too few have come to tell.
    package static func begins(_ first: Span<UInt8>) -> Bool? {
        for index in 0..<min(first.count, bytes.count) where first[index] != bytes[index] { return false }
        return first.count >= bytes.count ? true : nil
    }

    /// Has all of it come?
    static func isWhole(in first: Span<UInt8>) throws(ConnectionError) -> Bool {
        guard begins(first) != false else {
            throw ConnectionError(.protocolError, "the connection does not begin with the preface")
        }
        return first.count >= bytes.count
    }
}
