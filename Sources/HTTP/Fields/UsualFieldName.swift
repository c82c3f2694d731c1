/// The names that most lines of most heads have, recognised by the first bytes of a line: where one is found, its bytes need be
/// looked at neither for what may not stand in a name nor for which name it is.
struct UsualFieldName {
    let field: KnownField
    /// Bytes of the name; its colon follows.
    let count: Int

    private init(_ field: KnownField, _ count: Int) {
        self.field = field
        self.count = count
    }

    /// The name of the line that begins at `start`; nil where another one is, or not enough has come to tell.
    @inline(__always)
    init?(_ bytes: Span<UInt8>, at start: Int) {
        guard start &+ 8 <= bytes.count else { return nil }
        let word = ByteScanning.word(bytes, start..<start &+ 8)
        let next = start &+ 16 <= bytes.count ? ByteScanning.word(bytes, start &+ 8..<start &+ 16) : 0
        switch UInt8(truncatingIfNeeded: word) | 0x20 {
        case UInt8(ascii: "a"):
            if Self.begins(word, "accept:") {
                self.init(.accept, 6)
            } else {
                guard Self.begins(word, "accept-e"), Self.begins(next, "ncoding:") else { return nil }
                self.init(.acceptEncoding, 15)
            }
        case UInt8(ascii: "c"):
            if Self.begins(word, "content-") {
                if Self.begins(next, "length:") {
                    self.init(.contentLength, 14)
                } else {
                    guard Self.begins(next, "type:") else { return nil }
                    self.init(.contentType, 12)
                }
            } else if Self.begins(word, "cookie:") {
                self.init(.cookie, 6)
            } else {
                guard Self.begins(word, "connecti"), Self.begins(next, "on:") else { return nil }
                self.init(.connection, 10)
            }
        case UInt8(ascii: "d"):
            guard Self.begins(word, "date:") else { return nil }
            self.init(.date, 4)
        case UInt8(ascii: "h"):
            guard Self.begins(word, "host:") else { return nil }
            self.init(.host, 4)
        case UInt8(ascii: "s"):
            guard Self.begins(word, "server:") else { return nil }
            self.init(.server, 6)
        case UInt8(ascii: "u"):
            guard Self.begins(word, "user-age"), Self.begins(next, "nt:") else { return nil }
            self.init(.userAgent, 10)
        default: return nil
        }
    }

    /// Does the word begin with these bytes, with its letters in any case? Only letters are folded: a control byte would become a
    /// colon or a dash.
    /// - Parameter literal: two to eight bytes, without capitals; what is reckoned of it is a constant.
    @inline(__always)
    private static func begins(_ word: UInt64, _ literal: StaticString) -> Bool {
        let wanted = ByteScanning.lowBytes(literal)
        let letters = EightBytes(word: wanted).within(0x61, 0x7A) &>> 2
        let asked = UInt64.max &>> UInt64(64 &- 8 &* literal.utf8CodeUnitCount)
        return (word | letters) & asked == wanted
    }
}
