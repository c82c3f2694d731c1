/// The fields Gatehouse knows, recognised once while a head is parsed, so that no later step compares names.
///
/// Some of them no step asks for by name. They are known because of what a client may not do to them: name them in `Connection`
/// so that they do not reach the upstream, send them as trailers, or spell them with underscores.
@usableFromInline
package enum KnownField: UInt8, Sendable, CaseIterable {
    // With a bit of their own: what masks name, and what is asked for in every request or answer.
    /// Any other field.
    case other
    /// A field whose name becomes a known one when all but letters and digits is read as `-` (`X_Forwarded_For`, `Client.IP`):
    /// programs that map names to variables (CGI, WSGI, Rack, PHP) cannot tell the two, so it is never forwarded.
    case lookalike
    /// Any other name with an underscore: programs that map names to variables take it for the one with a dash. Of requests it is
    /// forwarded only where the configuration says so.
    case underscored
    // Framing and connection
    case host, contentLength, transferEncoding, connection, keepAlive, proxyConnection, te, trailer, upgrade, expect
    case maxForwards, http2Settings, proxyAuthorization, proxyAuthenticate
    // Forwarding
    case forwarded, xForwardedFor, xForwardedProto, xForwardedHost, xForwardedPort, xForwardedPrefix, xRealIP
    /// Any other name that begins with `X-Forwarded`: a claim about the client like its kin.
    case xForwardedOther
    /// Any of the other names in which proxies speak of their clients: see `ClientClaim`.
    case clientClaim
    // Content and conditions
    case accept, acceptEncoding, ifModifiedSince, ifUnmodifiedSince, ifMatch, ifNoneMatch, ifRange, range
    // Who and when
    case authorization, cookie, origin, referer, userAgent, date, server, strictTransportSecurity
    // WebSocket
    case secWebSocketKey, secWebSocketVersion, secWebSocketExtensions, secWebSocketAccept

    // Without one: there may be any number of these.
    case via, contentType, contentEncoding, contentRange, cacheControl, vary, etag, lastModified, age
    case setCookie, location, proxyStatus, altSvc, wwwAuthenticate, retryAfter
    case secWebSocketProtocol, accessControlRequestMethod, accessControlRequestHeaders

    /// The last that has a bit.
    @usableFromInline static let lastWithBit = secWebSocketAccept

    /// This field's bit in a `FieldSection`'s set of present fields, and in masks of fields to drop; 0 if it has none, so that
    /// whether it is present is to be seen in the lines.
    @inlinable @inline(__always)
    package var bit: UInt64 { rawValue <= Self.lastWithBit.rawValue ? 1 &<< UInt64(rawValue) : 0 }

    /// RFC 9110 §6.5.1: no framing, routing, authentication, request modifiers, response control or content format fields
    /// in trailers. All fields Gatehouse knows are of these kinds, but the validators.
    package var mayBeTrailer: Bool {
        switch self {
        case .other, .underscored, .etag, .lastModified: true
        default: false
        }
    }
}

extension KnownField {
    /// The known field that the name at `range` of `bytes` spells, in any case. There must be no control byte
    /// in it: see `ByteScanning.foldedName`.
    @inline(__always)
    static func recognise(_ bytes: Span<UInt8>, _ range: Range<Int>) -> KnownField {
        // No known name is longer.
        guard range.count <= 32 else { return recogniseKin(bytes, range) }
        let name = ByteScanning.foldedName(bytes, range)
        let field = named(name, count: range.count)
        guard field == .other else { return field }
        if name.hasOddBytes(count: range.count) || name.first == kinsBeginning { return recogniseKin(bytes, range) }
        if range.count > 8, ClientClaim.mayBeOfFamily(name.first) { return recogniseKin(bytes, range) }
        return ClientClaim.isNamed(name, count: range.count) ? .clientClaim : .other
    }

    @inline(__always)
    private static var kinsBeginning: UInt64 { ByteScanning.foldedName("x-forwar").first }

    /// What a name that is none of the known ones has in common with them.
    @inline(never)
    private static func recogniseKin(_ bytes: Span<UInt8>, _ range: Range<Int>) -> KnownField {
        if range.count >= 11, Text.equal(bytes, range.lowerBound..<range.lowerBound + 11, "x-forwarded") {
            return .xForwardedOther
        }
        for index in range where ByteClass.asVariable(bytes[index]) != ByteClass.lowerCase(bytes[index]) {
            return recogniseLookalike(bytes, range)
        }
        // What is longer than a known name may still be of a family.
        return ClientClaim.isOfFamily(bytes, range) ? .clientClaim : .other
    }

    private static func recogniseLookalike(_ bytes: Span<UInt8>, _ range: Range<Int>) -> KnownField {
        let dashed = range.map { ByteClass.asVariable(bytes[$0]) }
        guard recognise(dashed.span, 0..<dashed.count) == .other else { return .lookalike }
        return range.contains { bytes[$0] == 0x5F } ? .underscored : .other
    }

    @inline(never)
    private static func named(_ name: FoldedName, count: Int) -> KnownField {
        switch count {
        case 2...5: tiny(name, count)
        case 6...9: short(name, count)
        case 10...13: medium(name, count)
        case 14...17: long(name, count)
        default: longest(name, count)
        }
    }

    private static func tiny(_ name: FoldedName, _ count: Int) -> KnownField {
        switch count {
        case 2: name.is("te") ? .te : .other
        case 3: name.is("via") ? .via : name.is("age") ? .age : .other
        case 4: name.is("host") ? .host : name.is("date") ? .date : name.is("vary") ? .vary : name.is("etag") ? .etag : .other
        default: name.is("range") ? .range : .other
        }
    }

    private static func short(_ name: FoldedName, _ count: Int) -> KnownField {
        switch count {
        case 6:
            if name.is("accept") { return .accept }
            if name.is("cookie") { return .cookie }
            if name.is("origin") { return .origin }
            if name.is("server") { return .server }
            return name.is("expect") ? .expect : .other
        case 7:
            if name.is("referer") { return .referer }
            if name.is("upgrade") { return .upgrade }
            if name.is("trailer") { return .trailer }
            return name.is("alt-svc") ? .altSvc : .other
        case 8:
            if name.is("if-match") { return .ifMatch }
            if name.is("if-range") { return .ifRange }
            return name.is("location") ? .location : .other
        default:
            if name.is("forwarded") { return .forwarded }
            return name.is("x-real-ip") ? .xRealIP : .other
        }
    }

    private static func medium(_ name: FoldedName, _ count: Int) -> KnownField {
        switch count {
        case 10:
            if name.is("connection") { return .connection }
            if name.is("user-agent") { return .userAgent }
            if name.is("keep-alive") { return .keepAlive }
            return name.is("set-cookie") ? .setCookie : .other
        case 11: return name.is("retry-after") ? .retryAfter : .other
        case 12:
            if name.is("content-type") { return .contentType }
            if name.is("max-forwards") { return .maxForwards }
            return name.is("proxy-status") ? .proxyStatus : .other
        case 13:
            if name.is("authorization") { return .authorization }
            if name.is("cache-control") { return .cacheControl }
            if name.is("if-none-match") { return .ifNoneMatch }
            if name.is("last-modified") { return .lastModified }
            return name.is("content-range") ? .contentRange : .other
        default: return .other
        }
    }

    private static func long(_ name: FoldedName, _ count: Int) -> KnownField {
        switch count {
        case 14:
            if name.is("content-length") { return .contentLength }
            return name.is("http2-settings") ? .http2Settings : .other
        case 15:
            if name.is("accept-encoding") { return .acceptEncoding }
            return name.is("x-forwarded-for") ? .xForwardedFor : .other
        case 16:
            if name.is("www-authenticate") { return .wwwAuthenticate }
            if name.is("x-forwarded-host") { return .xForwardedHost }
            if name.is("x-forwarded-port") { return .xForwardedPort }
            if name.is("content-encoding") { return .contentEncoding }
            return name.is("proxy-connection") ? .proxyConnection : .other
        default:
            if name.is("transfer-encoding") { return .transferEncoding }
            if name.is("x-forwarded-proto") { return .xForwardedProto }
            if name.is("if-modified-since") { return .ifModifiedSince }
            return name.is("sec-websocket-key") ? .secWebSocketKey : .other
        }
    }

    private static func longest(_ name: FoldedName, _ count: Int) -> KnownField {
        switch count {
        case 18:
            if name.is("proxy-authenticate") { return .proxyAuthenticate }
            return name.is("x-forwarded-prefix") ? .xForwardedPrefix : .other
        case 19:
            if name.is("if-unmodified-since") { return .ifUnmodifiedSince }
            return name.is("proxy-authorization") ? .proxyAuthorization : .other
        case 20: return name.is("sec-websocket-accept") ? .secWebSocketAccept : .other
        case 21: return name.is("sec-websocket-version") ? .secWebSocketVersion : .other
        case 22: return name.is("sec-websocket-protocol") ? .secWebSocketProtocol : .other
        case 24: return name.is("sec-websocket-extensions") ? .secWebSocketExtensions : .other
        case 25: return name.is("strict-transport-security") ? .strictTransportSecurity : .other
        case 29: return name.is("access-control-request-method") ? .accessControlRequestMethod : .other
        case 30: return name.is("access-control-request-headers") ? .accessControlRequestHeaders : .other
        default: return .other
        }
    }
}
