import COpenSSL

/// Where a certificate and its key are.
package struct CertificateFiles: Sendable, Hashable {
    /// PEM: the chain, the leaf first; or PKCS#12 with certificate, chain and key.
    package var certificate: String
    /// PEM; the URI of a key in a provider's store, such as `pkcs11:object=www`; or the PKCS#12 file once more.
    package var key: String
    /// Its first line is the passphrase of the key, or the PIN of its store; nil: it has none.
    package var passphraseFile: String?

    package init(certificate: String, key: String, passphraseFile: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.passphraseFile = passphraseFile
    }

    /// Is the key in a provider's store?
    package var isKeyInStore: Bool { Self.isURI(key) }

    /// The paths of those that are files, whose change is seen.
    package var files: [String] {
        ([certificate] + (isKeyInStore || key == certificate ? [] : [key]) + [passphraseFile].compactMap { $0 })
    }

    /// RFC 3986 §3.1: a scheme. A path that has a colon begins with a dot or a slash.
    private static func isURI(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: 0x3A), colon != text.utf8.startIndex else { return false }
        let scheme = text.utf8[..<colon]
        return scheme.first.map { 0x61...0x7A ~= $0 } == true
            && scheme.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || "+-.".utf8.contains($0) }
    }
}

/// A passphrase while it is needed.
/// `@safe`: the bytes are lent for a call, and wiped in `deinit`.
@safe final class Passphrase {
    /// The text with a zero byte behind it, as C wants it.
    private var bytes: [CChar]
    private static let maxPassphraseBytes = 1024

    /// The first line of a file; nil without a file.
    /// - Throws: `.configuration(.passphrase)` if it cannot be read.
    static func read(_ file: String?) throws(TLSError) -> Passphrase? {
        guard let file else { return nil }
        ERR_clear_error()
        try RegularFile.check([(file, .passphrase)])
        guard let input = unsafe RegularFile.open(file) else {
            throw TLSError(
                .configuration(.passphrase), "cannot read the passphrase file \(file): \(TLSError.takeFileReason())")
        }
        defer { unsafe BIO_free(input) }
        let passphrase = unsafe Passphrase(reading: input)
        guard passphrase.bytes[0] != 0 else {
            throw TLSError(.configuration(.passphrase), "the passphrase file \(file) has nothing in its first line")
        }
        return passphrase
    }

    private init(reading input: OpaquePointer) {
        bytes = [CChar](repeating: 0, count: Self.maxPassphraseBytes + 1)
        // At most so many bytes are written, and the last one stays a zero.
        let count = unsafe Int(max(0, BIO_read(input, &bytes, Int32(Self.maxPassphraseBytes))))
        // Some editors put a byte-order mark before all. What follows is moved over it, so that no copy of it is left behind.
        let mark = [0xEF, 0xBB, 0xBF].map { CChar(truncatingIfNeeded: $0) }
        let start = bytes.prefix(count).starts(with: mark) ? mark.count : 0
        let end = bytes[start..<count].firstIndex { $0 == 0x0A || $0 == 0x0D || $0 == 0 } ?? count
        for index in start..<end { bytes[index - start] = bytes[index] }
        for index in (end - start)..<bytes.count { bytes[index] = 0 }
    }

    /// Lends it as C has it.
    func withPointer<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result { unsafe body(bytes) }

    deinit {
        unsafe OPENSSL_cleanse(&bytes, bytes.count)
    }
}
