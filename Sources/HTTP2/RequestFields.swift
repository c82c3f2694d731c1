package import HTTP

/// A request's field section as it is decoded, field by field, put together as the head that HTTP/1.1 would have: it is then
/// judged by the one parser there is, so that no rule holds for one version and not for the other.
///
/// What only HTTP/2 knows is judged here, RFC 9113 §8.2 and §8.3: pseudo-fields, names in lower case, no field of the connection.
package struct RequestFields: ~Copyable {
    /// The values of the pseudo-fields, and behind them, from `lines` on, the other fields as HTTP/1.1 writes them.
    private var bytes: [UInt8]
    private var method = 0..<0
    private var scheme = 0..<0
    private var authority = 0..<0
    private var path = 0..<0
    private var connectProtocol = 0..<0
    private var lines = 0
    private var host: [UInt8] = []
    /// RFC 9113 §8.2.3: crumbs that are joined to one field.
    private var cookie: [UInt8] = []
    private var seen: Set = []
    /// Bytes of all fields, as RFC 9113 §6.5.2 counts them without its 32 for each.
    private var size = 0
    private var count = 0
    /// Of the `priority` field, RFC 9218 §5.
    package private(set) var priority = Priority.unstated
    /// The first rule that was broken; nil as long as none is.
    package private(set) var malformation: RefusalReason?
    /// More was sent than the limits allow; the rest was dropped.
    package private(set) var excess: RefusalReason?
    private let limits: HeadLimits

    private struct Set: OptionSet {
        let rawValue: UInt16
        static let method = Set(rawValue: 1)
        static let scheme = Set(rawValue: 2)
        static let authority = Set(rawValue: 4)
        static let path = Set(rawValue: 8)
        static let connectProtocol = Set(rawValue: 16)
        static let host = Set(rawValue: 32)
        static let regular = Set(rawValue: 64)
        static let acceptsTrailers = Set(rawValue: 128)
        static let contentLength = Set(rawValue: 256)
    }

    /// - Parameter storage: an empty array, for its room.
    package init(limits: HeadLimits, storage: consuming [UInt8] = []) {
        self.limits = limits
        bytes = storage
    }

    /// Gives the array back that it was made with, emptied.
    package consuming func takeStorage() -> [UInt8] {
        var storage = exchange(&bytes, with: [])
        if !storage.isEmpty { storage.removeAll(keepingCapacity: true) }
        return storage
    }

    /// Adds the next field; see `FieldDecoder.Take`.
    package mutating func add(name: Span<UInt8>, value: Span<UInt8>, index: Int = 0) {
        guard malformation == nil else { return }
        size += name.count + value.count + 4
        count += 1
        if excess == nil { excess = excess(of: name, value) }
        // The pseudo-fields are for the log, even so.
        guard excess == nil || (name.count > 0 && name[0] == 0x3A && size <= 2 * limits.maxHeadBytes) else { return }
        malformation = FieldRules.malformation(name: name, value: value, index: index)
        guard malformation == nil else { return }
        malformation = index == 0 ? take(name, value) : take(name, value, index)
    }

    private func excess(of name: Span<UInt8>, _ value: Span<UInt8>) -> RefusalReason? {
        if size > limits.maxHeadBytes { return .headTooLarge }
        if count > limits.maxFields + 5 { return .tooManyFields }
        // A target has a limit of its own, which the head's parser holds.
        let isPseudo = name.count > 0 && name[0] == 0x3A
        return !isPseudo && name.count + value.count + 4 > limits.maxFieldBytes ? .fieldTooLarge : nil
    }

    /// A name that the static table has.
    private mutating func take(_ name: Span<UInt8>, _ value: Span<UInt8>, _ index: Int) -> RefusalReason? {
        switch index {
        case 1: return takePseudo(value, .authority)
        case 2, 3: return takePseudo(value, .method)
        case 4, 5: return takePseudo(value, .path)
        case 6, 7: return takePseudo(value, .scheme)
        case 8...14: return seen.contains(.regular) ? .pseudoFieldLate : .pseudoFieldUnknown
        case 28: return takeLine(name, value, .contentLength)
        case 32: return takeCookie(value)
        case 38: return takeHost(value)
        default: return takeLine(name, value)
        }
    }

    /// A name that was said by its letters.
    private mutating func take(_ name: Span<UInt8>, _ value: Span<UInt8>) -> RefusalReason? {
        switch name.count {
        case 2 where name.isEqual(toLetters: "te"):
            guard value.isEqual(toLetters: "trailers") else { return .http2ConnectionField }
            noteRegular()
            seen.insert(.acceptsTrailers)
            return nil
        case 4 where name.isEqual(toLetters: "host"): return takeHost(value)
        case 5 where name.isEqual(toLetters: ":path"): return takePseudo(value, .path)
        case 6 where name.isEqual(toLetters: "cookie"): return takeCookie(value)
        case 7 where name.isEqual(toLetters: ":method"): return takePseudo(value, .method)
        case 7 where name.isEqual(toLetters: ":scheme"): return takePseudo(value, .scheme)
        case 8 where name.isEqual(toLetters: "priority"): priority = Priority(value)
        case 9 where name.isEqual(toLetters: ":protocol"): return takePseudo(value, .connectProtocol)
        case 10 where name.isEqual(toLetters: ":authority"): return takePseudo(value, .authority)
        case 14 where name.isEqual(toLetters: "content-length"): return takeLine(name, value, .contentLength)
        default: if name[0] == 0x3A { return seen.contains(.regular) ? .pseudoFieldLate : .pseudoFieldUnknown }
        }
        return takeLine(name, value)
    }

    private mutating func noteRegular() {
        if seen.insert(.regular).inserted { lines = bytes.count }
    }

    private mutating func takeLine(_ name: Span<UInt8>, _ value: Span<UInt8>, _ which: Set = []) -> RefusalReason? {
        noteRegular()
        seen.formUnion(which)
        bytes.append(guessing: name.count + value.count + 5) { out in
            out.write(name)
            out.write(": ")
            out.write(value)
            out.write("\r\n")
        }
        return nil
    }

    private mutating func takeHost(_ value: Span<UInt8>) -> RefusalReason? {
        noteRegular()
        guard seen.insert(.host).inserted else { return .hostRepeated }
        host.append(value)
        return nil
    }

    private mutating func takeCookie(_ value: Span<UInt8>) -> RefusalReason? {
        noteRegular()
        // Browsers make a crumb of each cookie, of which they may have more than a head has fields: the parser counts what they
        // make together. Their bytes are counted one by one.
        count -= 1
        if !cookie.isEmpty { cookie.append("; ") }
        cookie.append(value)
        return nil
    }

    /// RFC 9113 §8.3: before all others, each once.
    private mutating func takePseudo(_ value: Span<UInt8>, _ which: Set) -> RefusalReason? {
        guard !seen.contains(.regular) else { return .pseudoFieldLate }
        guard seen.insert(which).inserted else { return .pseudoFieldRepeated }
        let range = bytes.count..<bytes.count + value.count
        switch which {
        case .method: method = range
        case .scheme: scheme = range
        case .authority: authority = range
        case .path: path = range
        default: connectProtocol = range
        }
        bytes.append(value)
        return nil
    }

    // MARK: The whole

    /// What a whole field section asks for.
    package enum Kind {
        case request
        /// RFC 8441: a WebSocket over this stream.
        case webSocket
        /// An extended CONNECT to something else.
        case otherProtocol
    }

    /// Judges the section as a whole.
    /// - Parameter allowsExtendedConnect: SETTINGS_ENABLE_CONNECT_PROTOCOL has been sent.
    package mutating func conclude(allowsExtendedConnect: Bool) -> Kind {
        guard malformation == nil else { return .request }
        malformation = wholeMalformation(allowsExtendedConnect)
        guard seen.contains(.connectProtocol) else { return .request }
        return bytes.span.extracting(connectProtocol).isEqual(toLetters: "websocket") ? .webSocket : .otherProtocol
    }

    private func wholeMalformation(_ allowsExtendedConnect: Bool) -> RefusalReason? {
        guard seen.contains(.method), !method.isEmpty else { return .pseudoFieldMissing }
        let isConnect = bytes.span.extracting(method).spells("CONNECT")
        if seen.contains(.connectProtocol) {
            guard isConnect, allowsExtendedConnect else { return .connectProtocolUnexpected }
        } else if isConnect {
            // RFC 9113 §8.5: the authority alone.
            let others: Set = [.scheme, .path]
            return seen.isDisjoint(with: others) && seen.contains(.authority) ? nil : .connectMalformed
        }
        guard seen.isSuperset(of: [.scheme, .path]) else { return .pseudoFieldMissing }
        let named = bytes.span.extracting(scheme)
        guard named.isEqual(toLetters: "https") || named.isEqual(toLetters: "http") else { return .schemeUnknown }
        // RFC 9113 §8.3.1: a path begins with a slash; OPTIONS may ask about the server as a whole.
        guard !path.isEmpty else { return .pathMalformed }
        if bytes[path.lowerBound] != 0x2F,
            !(bytes.span.extracting(path).spells("*") && bytes.span.extracting(method).spells("OPTIONS"))
        {
            return .pathMalformed
        }
        // What would end the request line, or begin another, is in none of the two.
        guard Text.isToken(bytes.span, method), Text.isVisible(bytes.span, path) else { return .pathMalformed }
        if authority.contains(where: { bytes[$0] == 0x40 || bytes[$0] == 0x2C || bytes[$0] <= 0x20 }) { return .hostMalformed }
        // RFC 9113 §8.3.1: a Host that names something else is a sign of an attack on whoever reads Host.
        if seen.isSuperset(of: [.host, .authority]), !bytes.span.extracting(authority).isEqual(ignoringCaseOf: host.span) {
            return .hostDisagreesWithTarget
        }
        return nil
    }

    /// Does the client read trailers (`te: trailers`)?
    package var acceptsTrailers: Bool { seen.contains(.acceptsTrailers) }

    /// Writes the head as HTTP/1.1 has it.
    /// - Parameters:
    ///   - kind: as `conclude` said.
    ///   - hasBody: the stream goes on behind the head.
    ///   - key: what `Sec-WebSocket-Key` is to say, which HTTP/2 does not have.
    package func appendHead(_ kind: Kind, hasBody: Bool, key: () -> [UInt8], to out: inout [UInt8]) {
        let key = kind == .webSocket ? key() : []
        // The lines of our own take less.
        out.append(guessing: bytes.count + host.count + cookie.count + 256) { out in
            writeRequestLine(kind, to: &out)
            if seen.contains(.regular) { out.write(bytes.span, lines..<bytes.count) }
            if !cookie.isEmpty {
                out.write("cookie: ")
                out.write(cookie)
                out.write("\r\n")
            }
            writeConnection(kind, hasBody: hasBody, key: key, to: &out)
            out.write("\r\n")
        }
    }

    private func writeRequestLine(_ kind: Kind, to out: inout OutputSpan<UInt8>) {
        // An extended CONNECT has a path: to HTTP/1.1 it is a GET.
        if kind == .request { out.write(bytes.span, method) } else { out.write("GET") }
        out.write(0x20)
        out.write(bytes.span, path.isEmpty ? authority : path)
        out.write(" HTTP/1.1\r\n")
        guard seen.contains(.authority) || seen.contains(.host) else { return }
        out.write("Host: ")
        if seen.contains(.authority) { out.write(bytes.span, authority) } else { out.write(host) }
        out.write("\r\n")
    }

    private func writeConnection(_ kind: Kind, hasBody: Bool, key: [UInt8], to out: inout OutputSpan<UInt8>) {
        if acceptsTrailers { out.write("te: trailers\r\n") }
        switch kind {
        case .webSocket:
            out.write("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ")
            out.write(key)
            out.write("\r\n")
        case .request, .otherProtocol:
            if acceptsTrailers { out.write("Connection: te\r\n") }
            if hasBody, !seen.contains(.contentLength) { out.write("Transfer-Encoding: chunked\r\n") }
        }
    }
}
