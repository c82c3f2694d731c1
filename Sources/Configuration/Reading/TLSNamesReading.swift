extension TableReader {
    /// A list of names of cipher suites or groups; nil if it is not written.
    func suites(_ key: String) -> [String]? {
        guard let texts = strings([key]) else { return nil }
        if texts.isEmpty {
            reading.report(
                .error, "\(path).\(key)", at: position(of: key), "is empty: nobody could connect", hint: "take it out")
            return nil
        }
        var seen: Set<String> = []
        for text in texts {
            if text.value.contains(where: { ":,;!+@ ".contains($0) }) {
                reading.error(
                    text, "\"\(text.value)\" is not one name", hint: "a list of names, each in quotes; OpenSSL's rules are none")
            } else if !seen.insert(text.value).inserted {
                reading.error(text, "\"\(text.value)\" stands here twice")
            }
        }
        return texts.map(\.value)
    }

    /// Public keys by their hashes, as curl's `--pinnedpubkey` has them: `sha256//` and base64 of 32 bytes.
    func publicKeyPins(_ key: String) -> [[UInt8]] {
        (strings([key], orOne: true) ?? []).compactMap { text in
            let prefix = "sha256//"
            let digest = text.value.hasPrefix(prefix) ? Self.base64(text.value.dropFirst(prefix.count)) : nil
            guard let digest, digest.count == 32 else {
                reading.error(
                    text, "\"\(text.value)\" is not the hash of a public key",
                    hint: "\"sha256//…\", of openssl x509 -in CERT -noout -pubkey | openssl pkey -pubin -outform DER | openssl "
                        + "dgst -sha256 -binary | base64")
                return nil
            }
            return digest
        }
    }

    /// RFC 4648 §4, with its padding; nil if it is none.
    private static func base64(_ text: Substring) -> [UInt8]? {
        guard text.utf8.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        var (bits, count) = (UInt32(0), 0)
        for letter in text.utf8.prefix(while: { $0 != UInt8(ascii: "=") }) {
            let value: UInt8
            switch letter {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = letter - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = letter - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = letter - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
