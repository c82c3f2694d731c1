extension Compression {
    init(reading table: TableReader) {
        guard table.mayBeWritten else { return }
        table.read("enabled", into: &enabled)
        if let texts = table.strings(["types"]) {
            for text in texts {
                // A token may have an asterisk, and no type that is sent has one.
                let isPattern = text.value.contains("*")
                let isType = MediaTypeText.isPlain(text.value) || MediaTypeText.isSuffix(text.value)
                guard isPattern || !isType else { continue }
                table.reading.error(
                    text, "\"\(text.value)\" is not a media type",
                    hint: isPattern
                        ? "there are no patterns: name each, or a structure such as \"+json\"" : "such as \"text/html\"")
            }
            types = texts.map { $0.value.lowercased() }
        }
        readCodings(table)
        table.read("level", into: &level, in: 0...9)
        table.read("brotli_level", into: &brotliLevel, in: 0...11)
        table.read("zstd_level", into: &zstdLevel, in: 1...19)
        table.readSize("min_size", into: &minSize, in: 0...(1 << 30))
        table.read("precompressed", into: &precompressed)
        table.read("proxied", into: &proxied)
        table.read("with_cookies", into: &withCookies)
        checkUse(table)
        table.finish()
    }

    private mutating func readCodings(_ table: TableReader) {
        guard let texts = table.strings(["codings"]) else { return }
        let key = (path: "\(table.path).codings", position: table.position(of: "codings"))
        var read: [Coding] = []
        for text in texts {
            guard let coding = Coding(rawValue: text.value) else {
                let words = Coding.allCases.map(\.rawValue)
                table.reading.error(
                    text, "unknown coding \"\(text.value)\"; one of \(words.joined(separator: ", "))",
                    hint: DidYouMean.hint(for: text.value, among: words))
                continue
            }
            if read.contains(coding) {
                table.reading.error(text, "\"\(text.value)\" stands there twice")
            } else {
                read.append(coding)
            }
        }
        if texts.isEmpty {
            table.reading.report(
                .error, key.path, at: key.position, "names no coding", hint: "enabled = false switches compression off")
        }
        if !read.isEmpty { codings = read }
    }

    /// A key that does nothing is a mistake.
    private func checkUse(_ table: TableReader) {
        if withCookies, !proxied {
            table.error(at: "with_cookies", "does nothing: answers of upstreams are not compressed", hint: "add proxied = true")
        }
        for (key, coding) in [("level", Coding.gzip), ("brotli_level", .brotli), ("zstd_level", .zstd)]
        where table.has(key) && !codings.contains(coding) {
            table.error(
                at: key, "does nothing: codings does not name \"\(coding.rawValue)\"", hint: "take it out, or add the coding")
        }
    }
}

extension Site {
    /// Nothing of an upstream's is compressed where there is no upstream.
    func checkCompression(_ table: TableReader) {
        guard compression.proxied, proxy == nil else { return warnOfNothingToCompress(table) }
        let part = table.table("compression")
        part.error(
            at: "proxied", "does nothing: the site has no upstreams",
            hint: "add [sites.proxy] with enabled = true, or take it out")
    }

    private func warnOfNothingToCompress(_ table: TableReader) {
        guard table.has("compression"), compression.enabled, !compression.proxied, !table.has("static_dir"),
            !table.reading.hasError
        else { return }
        table.warning(
            at: "compression", "compresses nothing: the site has no static_dir, and answers of upstreams need proxied = true",
            hint: proxy == nil ? "take it out" : "add proxied = true, or take it out")
    }

    /// `[sites.media_types]`: extension and type.
    mutating func readMediaTypes(_ table: TableReader) {
        for (key, entry) in table.freeEntries() {
            guard case .string(let type) = entry.value else {
                table.mismatch(entry, "a media type")
                continue
            }
            let isName = !key.isEmpty && key.utf8.count <= 15 && key.utf8.allSatisfy { MediaTypeText.isToken($0) && $0 != 0x2E }
            guard isName else {
                table.reading.error(entry, "\"\(key)\" is not a file name's extension", hint: "such as wasm, without a dot")
                continue
            }
            guard MediaTypeText.isType(type) else {
                table.reading.error(entry, "\"\(type)\" is not a media type", hint: "such as \"application/wasm\"")
                continue
            }
            mediaTypes[key.lowercased()] = type
        }
        table.finish()
    }

    /// `charset`: a token (RFC 9110 §8.3.2), or nothing.
    mutating func readCharset(_ table: TableReader) {
        guard let text = table.string(["charset"]) else { return }
        guard text.value.utf8.allSatisfy(MediaTypeText.isToken) else {
            return table.reading.error(
                text, "\"\(text.value)\" is not the name of a charset", hint: "such as \"iso-8859-1\"; \"\" says nothing")
        }
        charset = text.value
    }
}

/// Media types as the configuration writes them (RFC 9110 §8.3.1).
enum MediaTypeText {
    /// The name of a structure (RFC 6838 §4.2.8), as types end with it: "+json".
    static func isSuffix(_ text: String) -> Bool {
        text.hasPrefix("+") && text.utf8.count > 1 && text.utf8.dropFirst().allSatisfy { isToken($0) && $0 != UInt8(ascii: "+") }
    }

    /// A type without parameters.
    static func isPlain(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isToken) }
    }

    /// A type, perhaps with parameters.
    static func isType(_ text: String) -> Bool {
        let parts = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, isPlain(String(first)) else { return false }
        return text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && (parts.count == 1 || parts[1].contains("="))
    }

    /// May the byte stand in a token (RFC 9110 §5.6.2)?
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
