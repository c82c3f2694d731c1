import COpenSSL

/// Reads certificates and keys into an SSL_CTX, whatever they are kept in.
extension CertificateFiles {
    /// Puts them into a context, which holds one of each kind of key (RSA, ECDSA, Ed25519, Ed448).
    /// - Throws: `.configuration`, naming the file.
    func load(into context: OpaquePointer) throws(TLSError) {
        ERR_clear_error()
        let passphrase = try Passphrase.read(passphraseFile)
        if let archive = Archive(file: certificate) {
            try unsafe archive.load(self, passphrase, into: context)
            return
        }
        guard unsafe SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
            let reason = TLSError.takeFileReason()
            let message =
                isExchanged ? "it holds a key; is it exchanged with key_file?" : Self.hint(ofNoPEM: certificate, "x509") ?? reason
            throw TLSError(.configuration(.certificate), "cannot read the certificate \(certificate): \(message)")
        }
        let read: OpaquePointer? = unsafe isKeyInStore ? storedKey(passphrase) : pemKey(passphrase)
        guard let key = unsafe read else {
            let reason = TLSError.takeFileReason()
            throw TLSError(.configuration(.key), "cannot read the key \(self.key): \(message(for: reason, passphrase))")
        }
        defer { unsafe EVP_PKEY_free(key) }
        try unsafe use(key, in: context)
    }

    /// Does a key stand where the certificate should?
    private var isExchanged: Bool {
        defer { ERR_clear_error() }
        guard let found = unsafe pemKey(nil, in: certificate) else { return false }
        unsafe EVP_PKEY_free(found)
        return true
    }

    /// Why a key did not come out of its file.
    private func message(for reason: String, _ passphrase: Passphrase?) -> String {
        if isKeyInStore { return Self.message(ofStore: reason) }
        guard passphrase != nil else {
            guard TLSError.isOfEncryption(reason) else { return Self.hint(ofNoPEM: key, "pkey") ?? reason }
            return "it is encrypted; key_passphrase_file must name a file with its passphrase"
        }
        // About one wrong passphrase in 256 leaves bytes with a right padding, and then anything may be wrong with them.
        guard TLSError.isOfEncryption(reason) || isKeyEncrypted else { return reason }
        return "the passphrase of key_passphrase_file is not the key's"
    }

    /// What to make of a directory, of an empty file, and of one that is DER, which begins with a SEQUENCE (X.690) and PEM
    /// never; nil if it is none of them.
    /// - Parameter tool: the one of openssl(1) that reads it.
    private static func hint(ofNoPEM file: String, _ tool: String) -> String? {
        defer { ERR_clear_error() }
        guard let input = unsafe BIO_new_file(file, "r") else { return nil }
        defer { unsafe BIO_free(input) }
        var first: UInt8 = 0
        let count = unsafe BIO_read(input, &first, 1)
        if count < 0 { return "it cannot be read; is it a directory?" }
        if count == 0 { return "it is empty" }
        guard first == 0x30 else { return nil }
        return "it is DER, and PEM is wanted: openssl \(tool) -inform der -in \(file) -out \(file).pem"
    }

    /// OpenSSL says of a store that has no such key no more than that it found nothing, and of a wrong PIN the same.
    private static func message(ofStore reason: String) -> String {
        switch reason {
        case "unregistered scheme": "no provider of OpenSSL opens such a URI; openssl.cnf has to load one (OPENSSL_CONF)"
        case TLSError.nothingFound: "there is no such key, or the PIN of key_passphrase_file is not the token's"
        default: reason
        }
    }

    /// Whether its file, which could not be read, holds a key that asks for a passphrase. A store is not asked: it may count who
    /// comes with a wrong PIN.
    private var isKeyEncrypted: Bool {
        guard !isKeyInStore else { return false }
        unsafe EVP_PKEY_free(pemKey(nil))
        return TLSError.isOfEncryption(TLSError.takeFileReason())
    }

    /// OpenSSL looks already here whether the key is of the certificate; a key of another kind has a place of its own.
    func use(_ key: OpaquePointer, in context: OpaquePointer) throws(TLSError) {
        guard unsafe SSL_CTX_use_PrivateKey(context, key) == 1 else {
            let reason = TLSError.takeFileReason()
            if reason == "key values mismatch" { throw mismatch }
            throw TLSError(.configuration(.key), "cannot use the key \(self.key): \(reason)")
        }
        guard unsafe SSL_CTX_check_private_key(context) == 1 else {
            ERR_clear_error()
            throw mismatch
        }
        // A store may give a key that nobody can sign with, as where openssl.cnf does not prefer its provider.
        guard unsafe !isKeyInStore || gh_key_signs(key) == 1 else {
            throw TLSError(.configuration(.key), "the key \(self.key) does not sign: \(TLSError.takeReason())")
        }
        ERR_clear_error()
    }

    private var mismatch: TLSError {
        TLSError(.configuration(.key), "the key \(key) does not belong to the certificate \(certificate)")
    }

    private func storedKey(_ passphrase: Passphrase?) -> OpaquePointer? {
        guard let passphrase else { return unsafe gh_key_of_uri(key, nil) }
        return unsafe passphrase.withPointer { unsafe gh_key_of_uri(key, $0) }
    }

    private func pemKey(_ passphrase: Passphrase?, in file: String? = nil) -> OpaquePointer? {
        guard let input = unsafe BIO_new_file(file ?? key, "r") else { return nil }
        defer { unsafe BIO_free(input) }
        // An encrypted key must be an error at start, never a prompt on the terminal.
        guard let passphrase else { return unsafe PEM_read_bio_PrivateKey(input, nil, { _, _, _, _ in -1 }, nil) }
        // Without a callback its argument is the passphrase (PEM_read_bio_PrivateKey(3)).
        return unsafe passphrase.withPointer { letters in
            unsafe PEM_read_bio_PrivateKey(input, nil, nil, UnsafeMutableRawPointer(mutating: letters))
        }
    }
}

/// A PKCS#12 file (RFC 7292).
/// `@safe`: it is read in `init`, freed in `deinit`, and lent to nobody.
@safe struct Archive: ~Copyable {
    private let archive: OpaquePointer

    /// Nil if the file is none: PEM begins with a letter or a dash.
    init?(file: String) {
        defer { ERR_clear_error() }
        guard let input = unsafe BIO_new_file(file, "r") else { return nil }
        defer { unsafe BIO_free(input) }
        guard let archive = unsafe d2i_PKCS12_bio(input, nil) else { return nil }
        unsafe self.archive = archive
    }

    deinit {
        unsafe PKCS12_free(archive)
    }

    /// What is in it. The caller frees all three.
    private func open(
        _ files: CertificateFiles, _ passphrase: Passphrase?
    ) throws(TLSError) -> (key: OpaquePointer, leaf: OpaquePointer, others: OpaquePointer?) {
        var (key, leaf, others): (OpaquePointer?, OpaquePointer?, OpaquePointer?) = (nil, nil, nil)
        let isOpen =
            if let passphrase {
                unsafe passphrase.withPointer { unsafe PKCS12_parse(archive, $0, &key, &leaf, &others) == 1 }
            } else {
                unsafe PKCS12_parse(archive, nil, &key, &leaf, &others) == 1
            }
        guard isOpen, let key = unsafe key, let leaf = unsafe leaf else {
            let reason = TLSError.takeReason()
            unsafe EVP_PKEY_free(key)
            unsafe X509_free(leaf)
            unsafe gh_free_chain(others)
            throw TLSError(
                .configuration(.certificate),
                "cannot open the PKCS#12 file \(files.certificate): \(Self.message(ofPKCS12: reason, isOpen: isOpen))")
        }
        return unsafe (key, leaf, others)
    }

    private static func message(ofPKCS12 reason: String, isOpen: Bool) -> String {
        if isOpen { return "it has no certificate with its key" }
        return switch reason {
        case "mac verify failure", "bad decrypt", "pkcs12 cipherfinal error":
            "its passphrase is not that of key_passphrase_file"
        case "unsupported":
            "it is encrypted in a way that OpenSSL has no more (RC2); let openssl pkcs12 -legacy make a new one of it"
        default: reason
        }
    }

    func load(
        _ files: CertificateFiles, _ passphrase: Passphrase?, into context: OpaquePointer
    ) throws(TLSError) {
        let found = try unsafe open(files, passphrase)
        defer {
            unsafe EVP_PKEY_free(found.key)
            unsafe X509_free(found.leaf)
            unsafe gh_free_chain(found.others)
        }
        guard unsafe SSL_CTX_use_certificate(context, found.leaf) == 1 else {
            throw TLSError(
                .configuration(.certificate), "cannot use the certificate of \(files.certificate): \(TLSError.takeFileReason())")
        }
        // The context gets references of its own.
        unsafe Self.chain(of: found.leaf, found.others).forEach { unsafe gh_add_chain_certificate(context, $0) }
        try unsafe files.use(found.key, in: context)
    }

    /// The certificates in it, the leaf first; each with a reference of the caller's. Empty if it cannot be opened.
    func certificates(_ files: CertificateFiles) -> [OpaquePointer] {
        let passphrase = (try? Passphrase.read(files.passphraseFile)) ?? nil
        guard let found = unsafe try? open(files, passphrase) else { return unsafe [] }
        defer {
            unsafe EVP_PKEY_free(found.key)
            unsafe gh_free_chain(found.others)
        }
        let chain = unsafe Self.chain(of: found.leaf, found.others)
        unsafe chain.forEach { _ = unsafe X509_up_ref($0) }
        return unsafe [found.leaf] + chain
    }

    /// The chain behind the leaf, each certificate followed by its issuer: in what order a file holds them is nobody's rule.
    private static func chain(of leaf: OpaquePointer, _ others: OpaquePointer?) -> [OpaquePointer] {
        var left: [OpaquePointer] = unsafe []
        for index in unsafe 0..<max(0, OPENSSL_sk_num(others)) {
            if let value = unsafe OPENSSL_sk_value(others, index) { unsafe left.append(OpaquePointer(value)) }
        }
        var chain: [OpaquePointer] = unsafe []
        var last = unsafe leaf
        while let next = unsafe left.firstIndex(where: { unsafe X509_check_issued($0, last) == X509_V_OK }) {
            unsafe last = left.remove(at: next)
            // Clients have the root, or they do not trust it.
            if unsafe X509_check_issued(last, last) == X509_V_OK { break }
            unsafe chain.append(last)
        }
        ERR_clear_error()
        return unsafe chain
    }
}
