import COpenSSL
import Glibc

/// The certificates of a PEM file, the leaf first: to be judged before anybody sees them.
/// `@safe`: the certificates are read in `init`, freed in `deinit`, and lent within this module, for a call that keeps nothing.
@safe package final class CertificateChain {
    /// Never empty.
    let certificates: [OpaquePointer]
    var leaf: OpaquePointer { unsafe certificates[0] }

    /// How long before its end a certificate expires soon, in seconds: two weeks. Whoever renews by a program does so a month
    /// before; half of that is time for a person to find out why it has not.
    package static let soon: Int64 = 14 * 86_400

    /// Nil if there is no certificate to be read: `TLSServerContext` then says why.
    package convenience init?(file: String) {
        guard let input = unsafe RegularFile.open(file) else {
            ERR_clear_error()
            return nil
        }
        unsafe self.init(reading: input)
    }

    /// Reads the chain of files in whichever form they are.
    package convenience init?(_ files: CertificateFiles) {
        guard RegularFile.refusal(files.certificate) == nil else { return nil }
        guard let archive = Archive(file: files.certificate) else {
            self.init(file: files.certificate)
            return
        }
        unsafe self.init(owning: archive.certificates(files))
    }

    /// - Parameter certificates: are owned from here on.
    init?(owning certificates: [OpaquePointer]) {
        unsafe self.certificates = certificates
        guard unsafe !certificates.isEmpty else { return nil }
    }

    /// Reads all that there are. The BIO is freed.
    init?(reading input: OpaquePointer) {
        ERR_clear_error()
        defer {
            unsafe BIO_free(input)
            ERR_clear_error()
        }
        // No certificate has a passphrase; were one asked for, it would be asked for at the terminal.
        let noPassphrase: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
            _, _, _, _ in -1
        }
        var read: [OpaquePointer] = unsafe []
        while let next = unsafe PEM_read_bio_X509(input, nil, noPassphrase, nil) { unsafe read.append(next) }
        unsafe certificates = read
        guard unsafe !read.isEmpty else { return nil }
    }

    deinit {
        unsafe certificates.forEach { unsafe X509_free($0) }
    }

    /// The hosts that the leaf is for.
    package var names: CertificateNames {
        var names = CertificateNames()
        guard let list = unsafe X509_get_ext_d2i(leaf, NID_subject_alt_name, nil, nil) else { return names }
        let stack = OpaquePointer(list)
        defer { unsafe GENERAL_NAMES_free(stack) }
        for index in unsafe 0..<max(0, OPENSSL_sk_num(stack)) {
            guard let entry = unsafe OPENSSL_sk_value(stack, index) else { continue }
            var kind: Int32 = 0
            let value = unsafe GENERAL_NAME_get0_value(entry.assumingMemoryBound(to: GENERAL_NAME.self), &kind)
            guard kind == GEN_DNS || kind == GEN_IPADD, let value = unsafe value else { continue }
            let bytes = unsafe Self.bytes(of: value.assumingMemoryBound(to: ASN1_STRING.self))
            if kind == GEN_DNS {
                names.hosts.append(String(decoding: bytes, as: UTF8.self).lowercased())
            } else {
                names.addresses.append(bytes)
            }
        }
        return names
    }

    /// Is whoever shows it to show an OCSP answer, too (RFC 7633)?
    package var demandsStaple: Bool { unsafe gh_must_staple(leaf) == 1 }

    /// All that there is to know of it.
    /// - Parameters:
    ///   - usage: what it is shown for.
    ///   - authorities: are asked for where its issuer is not in it.
    package func facts(for usage: PrivateKey.Usage = .server, _ authorities: () -> SystemAuthorities) -> CertificateFacts {
        // RFC 8446 §4.4.2.2, and every suite that there is in TLS 1.2 has the key sign, too. OpenSSL does not mind; browsers do.
        let signs = unsafe X509_get_key_usage(leaf) & UInt32(KU_DIGITAL_SIGNATURE) != 0
        let unfitness = signs && isFor(usage) ? nil : CertificateFault.unfit(for: usage)
        let lasting = [weakness(), unfitness, missingSubject(), missingIssuer(authorities), excess()]
        return CertificateFacts(
            names: names, validities: unsafe certificates.map { unsafe validity(of: $0) },
            lasting: (lasting + [usage == .server ? rarity() : nil]).compactMap { $0 })
    }

    private func validity(of certificate: OpaquePointer) -> CertificateFacts.Validity {
        unsafe CertificateFacts.Validity(
            position: certificate == leaf ? .leaf : .behind(subject: Self.text(X509_get_subject_name(certificate))),
            from: Self.seconds(X509_get0_notBefore(certificate)), to: Self.seconds(X509_get0_notAfter(certificate)))
    }

    private func weakness() -> CertificateFault? {
        guard let key = unsafe X509_get0_pubkey(leaf) else { return nil }
        guard unsafe EVP_PKEY_get_security_bits(key) < 112 else { return nil }
        let name = unsafe EVP_PKEY_get0_type_name(key).map { unsafe String(cString: $0) } ?? "key"
        return .weakKey(algorithm: name, bits: Int(unsafe EVP_PKEY_get_bits(key)))
    }

    private func rarity() -> CertificateFault? {
        guard let key = unsafe X509_get0_pubkey(leaf) else { return nil }
        let kind = unsafe PrivateKey.description(of: key)
        return ["P-521", "Ed25519", "Ed448"].contains(kind) ? .rareKey(algorithm: kind) : nil
    }

    private func excess() -> CertificateFault? {
        // RFC 8446 §4.4.2: three bytes of length before each, two for its extensions behind it. Nothing is written.
        let bytes = unsafe certificates.reduce(0) { unsafe $0 + max(0, Int(i2d_X509($1, nil))) + 5 }
        return bytes > Self.mostBytes ? .oversized(bytes: bytes) : nil
    }

    private static let mostBytes = 32 << 10

    private func missingSubject() -> CertificateFault? {
        guard unsafe X509_NAME_entry_count(X509_get_subject_name(leaf)) == 0 else { return nil }
        guard let names = unsafe X509_get_ext(leaf, X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1)) else { return nil }
        return unsafe X509_EXTENSION_get_critical(names) == 0 ? .subjectMissing : nil
    }

    /// Follows the issuers through the file, as a client does that gets nothing else.
    private func missingIssuer(_ authorities: () -> SystemAuthorities) -> CertificateFault? {
        var last = unsafe leaf
        for _ in unsafe 0..<certificates.count {
            if unsafe X509_check_issued(last, last) == X509_V_OK { return nil }
            let known = unsafe last
            guard let next = unsafe certificates.first(where: { unsafe $0 != known && X509_check_issued($0, known) == X509_V_OK })
            else { break }
            unsafe last = next
        }
        ERR_clear_error()
        guard unsafe !authorities().haveIssuer(of: last) else { return nil }
        return unsafe .issuerMissing(issuer: Self.text(X509_get_issuer_name(last)), isCertain: Self.namesIssuersFile(last))
    }

    /// Does it say where its issuer's certificate is to be had (RFC 5280 §4.2.2.1, `caIssuers`)?
    private static func namesIssuersFile(_ certificate: OpaquePointer) -> Bool {
        guard let list = unsafe X509_get_ext_d2i(certificate, NID_info_access, nil, nil) else { return false }
        let stack = OpaquePointer(list)
        defer { unsafe AUTHORITY_INFO_ACCESS_free(stack) }
        return unsafe (0..<max(0, OPENSSL_sk_num(stack))).contains { index in
            guard let entry = unsafe OPENSSL_sk_value(stack, index) else { return false }
            let access = unsafe entry.assumingMemoryBound(to: ACCESS_DESCRIPTION.self)
            return unsafe OBJ_obj2nid(access.pointee.method) == NID_ad_ca_issuers
        }
    }

    /// A name by what tells it apart: its common name, else its organisation.
    static func text(_ name: OpaquePointer?) -> String {
        for part in [NID_commonName, NID_organizationalUnitName, NID_organizationName] {
            if let text = unsafe Self.part(part, of: name) { return text }
        }
        return "?"
    }

    /// The first common name of a name, as it is.
    static func commonName(_ name: OpaquePointer?) -> String? { unsafe part(NID_commonName, of: name) }

    private static func part(_ part: Int32, of name: OpaquePointer?) -> String? {
        let index = unsafe X509_NAME_get_index_by_NID(name, part, -1)
        guard index >= 0, let value = unsafe X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)) else { return nil }
        var utf8: UnsafeMutablePointer<UInt8>?
        // The copy is freed here; ASN1_STRING_to_UTF8(3) tells its length.
        let length = unsafe ASN1_STRING_to_UTF8(&utf8, value)
        guard length >= 0, let copy = unsafe utf8 else { return nil }
        defer { unsafe CRYPTO_free(copy, #file, #line) }
        return unsafe String(decoding: UnsafeBufferPointer(start: copy, count: Int(length)), as: UTF8.self)
    }

    static func bytes(of string: UnsafePointer<ASN1_STRING>) -> [UInt8] {
        guard let start = unsafe ASN1_STRING_get0_data(string) else { return [] }
        // The bytes live as long as the string, and are copied at once.
        return unsafe Array(UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(string))))
    }

    /// Seconds since 1970; nil for a time that cannot be read.
    static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var parts = unsafe tm()
        guard unsafe ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return unsafe Int64(timegm(&parts))
    }
}
