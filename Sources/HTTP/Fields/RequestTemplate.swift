/// A text of the configuration with variables of the request in it: `https://{host}{uri}`.
///
/// `{name}` is a variable or a named group of the route's regular expression, `{1}` its first group, `{{` a brace; another brace
/// stands for itself, as in JSON. A dollar sign before a name is how nginx spells variables, and an error; `$$` is a dollar sign.
package struct RequestTemplate: Sendable, Equatable {
    /// A piece of the text, in its order.
    package enum Part: Sendable, Equatable {
        case text([UInt8])
        case variable(RequestVariable)
        /// A group of the route's regular expression, from 1.
        case capture(Int)
    }

    /// Why a text is no template, and what to write.
    package struct Fault: Error, Equatable {
        package let reason: String
        package let hint: String
    }

    /// The template's parts, in their order.
    package let parts: [Part]

    /// Reads a text.
    /// - Parameter groups: of the route's regular expression: the name of each, if it has one.
    package init(_ text: String, groups: [String?] = []) throws(Fault) {
        var reader = TemplateReader(text, groups)
        parts = try reader.parts()
    }

    /// A text without variables, whatever stands in it.
    init(literal text: String) { parts = text.isEmpty ? [] : [.text(Array(text.utf8))] }

    /// The whole text, if there is no variable in it.
    package var constant: [UInt8]? {
        if parts.isEmpty { return [] }
        guard parts.count == 1, case .text(let bytes)? = parts.first else { return nil }
        return bytes
    }

    /// Does the variable stand in it?
    package func uses(_ variable: RequestVariable) -> Bool { parts.contains(.variable(variable)) }

    /// Does the text depend on who asks, and not on what is asked for alone?
    package var tellsOfSender: Bool {
        parts.contains { part in
            guard case .variable(let variable) = part else { return false }
            switch variable {
            case .host, .port, .method, .path, .query, .uri, .remainder, .site: return false
            case .clientIP, .clientPort, .scheme, .requestID, .httpVersion, .tlsVersion, .tlsCipher, .clientCertVerify,
                .clientCertSubject, .clientCertIssuer, .clientCertSerial, .clientCertFingerprint, .clientCert, .clientCertChain:
                return true
            }
        }
    }

    /// Appends the text with what the variables stand for.
    package func append(_ variables: borrowing some RequestVariables, to out: inout [UInt8]) {
        for part in parts {
            switch part {
            case .text(let bytes): out.append(bytes.span)
            case .variable(let variable): variables.append(variable, to: &out)
            case .capture(let number): variables.appendCapture(number, to: &out)
            }
        }
    }

    /// Appends the text as a request target or URL. Behind its first written `?`, what groups, `{path}` and `{remainder}` stand
    /// for is the value of a parameter: the delimiters of a query in it are escaped, so that no path adds parameters of its own.
    /// `{query}` and `{uri}` are queries themselves and stay as they are. All other values are texts, and what delimits in a
    /// target is escaped in them: the subject of a client's certificate may have spaces, slashes and question marks.
    package func appendTarget(_ variables: borrowing some RequestVariables, to out: inout [UInt8]) {
        var isInQuery = false
        for part in parts {
            let start = out.count
            switch part {
            case .text(let bytes):
                out.append(bytes.span)
                isInQuery = isInQuery || bytes.contains(UInt8(ascii: "?"))
                continue
            case .variable(let variable):
                variables.append(variable, to: &out)
                switch variable {
                case .query, .uri: continue
                case .path, .remainder: break
                default:
                    Self.escape(in: &out, from: start) { !Self.isPlain($0) }
                    continue
                }
            case .capture(let number): variables.appendCapture(number, to: &out)
            }
            // What separates parameters, and what stands for a space: nginx escapes them in its groups, too.
            if isInQuery { Self.escape(in: &out, from: start) { "&;+".utf8.contains($0) } }
        }
    }

    private static func escape(in out: inout [UInt8], from start: Int, where isEscaped: (UInt8) -> Bool) {
        guard out[start...].contains(where: isEscaped) else { return }
        let value = Array(out[start...])
        out.removeSubrange(start...)
        for byte in value {
            if isEscaped(byte) {
                out += [0x25, ByteClass.hexDigit(byte >> 4, upperCase: true), ByteClass.hexDigit(byte & 0x0F, upperCase: true)]
            } else {
                out.append(byte)
            }
        }
    }

    /// Does the byte delimit nothing, wherever in a target it stands? Brackets are those of an IPv6 address as `{host}`.
    private static func isPlain(_ byte: UInt8) -> Bool { ByteClass.isUnreserved(byte) || ":=,@[]!$'()*".utf8.contains(byte) }
}

extension RequestTemplate {
    /// The first of nginx's variables, of ours with a dollar sign, or of Caddy's and ours in braces, in a text that is sent as it
    /// stands. In braces a plain word such as `{path}` may be a text's own.
    package static func foreignVariable(in text: String) -> (name: String, instead: RequestVariable)? {
        for piece in text.split(separator: "$", omittingEmptySubsequences: false).dropFirst() {
            let name = piece.prefix { $0 == "_" || $0.isASCII && $0.isLetter }.lowercased()
            if let known = RequestVariable.foreignNames[name] ?? RequestVariable(rawValue: name) { return ("$\(name)", known) }
        }
        for piece in text.split(separator: "{", omittingEmptySubsequences: false).dropFirst() {
            guard let end = piece.firstIndex(of: "}") else { continue }
            let name = String(piece[..<end])
            guard name.contains("_") || name.contains(".") else { continue }
            if let known = RequestVariable.foreignNames[name] ?? RequestVariable(rawValue: name) { return ("{\(name)}", known) }
        }
        return nil
    }
}

/// Reads a template's text once, from left to right.
private struct TemplateReader {
    private let bytes: [UInt8]
    private let groups: [String?]
    private var index = 0
    private var literal: [UInt8] = []
    private var found: [RequestTemplate.Part] = []

    init(_ text: String, _ groups: [String?]) {
        bytes = Array(text.utf8)
        self.groups = groups
    }

    mutating func parts() throws(RequestTemplate.Fault) -> [RequestTemplate.Part] {
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "{"): try readBrace()
            case UInt8(ascii: "$"): try readDollar()
            case UInt8(ascii: "%") where follows("[") || follows("{") || isCommand(at: index + 1):
                throw RequestTemplate.Fault(
                    reason: "variables are not spelt with a percent sign here",
                    hint: "in braces alone, such as {client_ip}: \(Self.all)")
            default: take()
            }
        }
        endLiteral()
        return found
    }

    private mutating func readBrace() throws(RequestTemplate.Fault) {
        if follows("{") {
            index += 1
            return take()
        }
        guard let name = name(from: index + 1) else { return take() }
        guard let part = part(named: name) else { throw unknown(name) }
        endLiteral()
        found.append(part)
        index += name.utf8.count + 2
    }

    private mutating func readDollar() throws(RequestTemplate.Fault) {
        if follows("$") {
            index += 1
            return take()
        }
        if follows("{"), let name = name(from: index + 2) { throw foreign(name) }
        var end = index + 1
        while end < bytes.count, Self.isNameByte(bytes[end]), !".-".utf8.contains(bytes[end]) { end += 1 }
        guard end > index + 1 else { return take() }
        throw foreign(String(decoding: bytes[index + 1..<end], as: UTF8.self))
    }

    /// Does a command of Envoy's follow, `REQ(X-A)%` or `START_TIME%`? What begins with two digits is an escape.
    private func isCommand(at start: Int) -> Bool {
        var end = start
        while end < bytes.count, bytes[end] == UInt8(ascii: "_") || (0x41...0x5A).contains(bytes[end]) { end += 1 }
        guard end > start + 2, end < bytes.count, !bytes[start..<start + 2].allSatisfy({ (0x41...0x46).contains($0) })
        else { return false }
        if bytes[end] == UInt8(ascii: "(") { return bytes[end...].contains(UInt8(ascii: "%")) }
        return bytes[end] == UInt8(ascii: "%") && end > start + 3
    }

    private mutating func take() {
        literal.append(bytes[index])
        index += 1
    }

    private mutating func endLiteral() {
        guard !literal.isEmpty else { return }
        found.append(.text(literal))
        literal = []
    }

    private func follows(_ next: Unicode.Scalar) -> Bool { index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: next) }

    /// The name that ends with a brace; nil if what stands there is none.
    private func name(from start: Int) -> String? {
        var end = start
        while end < bytes.count, Self.isNameByte(bytes[end]) { end += 1 }
        guard end > start, end < bytes.count, bytes[end] == UInt8(ascii: "}") else { return nil }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        ByteClass.isLetter(byte) || ByteClass.isDigit(byte) || "_.-".utf8.contains(byte)
    }

    private func part(named name: String) -> RequestTemplate.Part? {
        if let number = Int(name) { return groups.indices.contains(number - 1) ? .capture(number) : nil }
        if let group = groups.firstIndex(of: name) { return .capture(group + 1) }
        return RequestVariable(rawValue: name).map { .variable($0) }
    }

    private func unknown(_ name: String) -> RequestTemplate.Fault {
        if Int(name) != nil {
            return RequestTemplate.Fault(
                reason: groups.isEmpty
                    ? "{\(name)} is a group of a regular expression, and the route has none"
                    : "the route's regular expression has no group {\(name)}",
                hint: groups.isEmpty ? "write the route's path as regex" : "its groups are {1} to {\(groups.count)}")
        }
        if let known = RequestVariable.foreignNames[name.lowercased()] {
            return RequestTemplate.Fault(reason: "no variable is named {\(name)}", hint: "write {\(known.rawValue)}")
        }
        return RequestTemplate.Fault(
            reason: "no variable is named {\(name)}", hint: "there are \(Self.all); a brace itself is {{")
    }

    private func foreign(_ name: String) -> RequestTemplate.Fault {
        let spelt = "variables are not spelt with a dollar sign here: \"$\(name)\" would be sent as that text"
        if Int(name) != nil {
            return RequestTemplate.Fault(reason: spelt, hint: "write {\(name)}, with the route's path as regex")
        }
        let lower = name.lowercased()
        if lower == "proxy_add_x_forwarded_for" {
            return RequestTemplate.Fault(reason: spelt, hint: "leave it out: X-Forwarded-For is written by itself")
        }
        if let known = RequestVariable.foreignNames[lower] ?? RequestVariable(rawValue: lower) {
            return RequestTemplate.Fault(reason: spelt, hint: "write {\(known.rawValue)}; a dollar sign itself is $$")
        }
        return RequestTemplate.Fault(reason: spelt, hint: "there are \(Self.all); a dollar sign itself is $$")
    }

    private static let all = RequestVariable.allCases.map { "{\($0.rawValue)}" }.joined(separator: " ")
}
