import COpenSSL
import Synchronization

/// A certificate with its key, both in PEM, as they were in their files: it is certain that OpenSSL can serve them, though it has
/// not been asked to yet.
struct KeptCertificate: Sendable {
    let files: CertificateFiles
    let certificate: SecretBytes
    let key: SecretBytes

    /// Puts them into a context, as `CertificateFiles.load` does from the files.
    func load(into context: OpaquePointer) throws(TLSError) {
        ERR_clear_error()
        guard unsafe certificate.withInput({ unsafe Self.useChain($0, in: context) }) == true else {
            throw TLSError(
                .configuration(.certificate), "cannot read the certificate \(files.certificate): \(TLSError.takeFileReason())")
        }
        let read = unsafe self.key.withInput { unsafe PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in -1 }, nil) } ?? nil
        guard let key = unsafe read else {
            throw TLSError(.configuration(.key), "cannot read the key \(files.key): \(TLSError.takeFileReason())")
        }
        defer { unsafe EVP_PKEY_free(key) }
        try unsafe files.use(key, in: context)
    }

    private static func useChain(_ input: OpaquePointer, in context: OpaquePointer) -> Bool {
        guard let leaf = unsafe PEM_read_bio_X509_AUX(input, nil, { _, _, _, _ in -1 }, nil) else { return false }
        defer { unsafe X509_free(leaf) }
        guard unsafe SSL_CTX_use_certificate(context, leaf) == 1 else { return false }
        while let next = unsafe PEM_read_bio_X509(input, nil, { _, _, _, _ in -1 }, nil) {
            // The context gets a reference of its own.
            unsafe gh_add_chain_certificate(context, next)
            unsafe X509_free(next)
        }
        ERR_clear_error()
        return true
    }
}

/// All certificates of a site, judged and kept. They are put into an SSL_CTX by the first handshake that needs it: that takes
/// OpenSSL longer than everything else that is done with a certificate at a start, and most of thousands are not asked for in a
/// day.
package struct KeptCertificates: Sendable {
    let kept: [KeptCertificate]
    /// What is known of each certificate, in their order.
    package let facts: [CertificateFacts]

    /// Judges what was in the files.
    /// - Parameters:
    ///   - contents: of the files of each, in the order of `CertificateFiles.files`.
    ///   - policy: of which ``TLSServerContext/mayKeepCertificates(_:)`` has said that it allows this.
    /// - Returns: nil where it is not certain that OpenSSL can use them all: then it is to be asked.
    package init?(
        _ files: [CertificateFiles], _ contents: [SecretBytes], _ policy: TLSPolicy, _ authorities: () -> SystemAuthorities
    ) {
        var rest = contents[...]
        var kept: [KeptCertificate] = []
        var facts: [CertificateFacts] = []
        var kinds: Set<String> = []
        for pair in files {
            guard !pair.isKeyInStore, pair.passphraseFile == nil, let certificate = rest.popFirst(),
                let key = pair.key == pair.certificate ? certificate : rest.popFirst(),
                let chain = unsafe certificate.withInput({ unsafe CertificateChain(judging: $0) }) ?? nil,
                // OpenSSL keeps one of each kind of key.
                let kind = chain.judgedKind, kinds.insert(kind).inserted, chain.isStrong,
                unsafe key.withInput({ unsafe gh_is_judged_key($0, chain.leaf) }) == 1,
                !TLSServerContext.isStapled(chain, policy)
            else { return nil }
            kept.append(KeptCertificate(files: pair, certificate: certificate, key: key))
            facts.append(chain.facts(authorities))
        }
        self.kept = kept
        self.facts = facts
    }
}

extension CertificateChain {
    /// Reads a file that holds a key and its certificates, which are only looked at: no handshake is made with what is read here.
    /// That takes a fifth of the time that it takes OpenSSL to read them for use.
    /// - Parameter pem: what is in the file.
    /// - Returns: nil where it is not certain that it is a certificate with its key: then OpenSSL is to be asked.
    package static func judge(keyAndChain pem: [UInt8]) -> CertificateChain? {
        guard gh_may_judge() == 1, let count = Int32(exactly: pem.count) else { return nil }
        func read<Result>(_ body: (OpaquePointer) -> Result?) -> Result? {
            // The bytes live as long as the input.
            unsafe pem.withUnsafeBytes { bytes in
                guard let input = unsafe BIO_new_mem_buf(bytes.baseAddress, count) else { return nil }
                defer { unsafe BIO_free(input) }
                return unsafe body(input)
            }
        }
        guard let chain = unsafe read({ unsafe CertificateChain(judging: $0) }), chain.judgedKind != nil,
            unsafe read({ unsafe gh_is_judged_key($0, chain.leaf) }) == 1
        else { return nil }
        return chain
    }

    /// Reads all certificates, to be looked at alone.
    /// - Returns: nil if there is none, or one that cannot be read.
    fileprivate convenience init?(judging input: OpaquePointer) {
        ERR_clear_error()
        var read: [OpaquePointer] = unsafe []
        while let next = unsafe gh_judged_certificate(input, read.isEmpty ? 1 : 0) { unsafe read.append(next) }
        let isAll = gh_judged_all() == 1
        ERR_clear_error()
        unsafe self.init(owning: read)
        if !isAll { return nil }
    }

    /// What its key is; nil if it is none that it is certain of.
    fileprivate var judgedKind: String? { unsafe gh_judged_kind(leaf).map { unsafe String(cString: $0) } }

    /// Are all keys and signatures as strong as OpenSSL asks for?
    fileprivate var isStrong: Bool { unsafe certificates.allSatisfy { unsafe gh_is_strong($0) == 1 } }
}

extension TLSServerContext {
    /// Can certificates of sites with this policy be kept, and be put into an SSL_CTX by their first handshake? Not where more is
    /// to be read for it, or asked of a certificate, than ``KeptCertificates`` judges.
    package static func mayKeepCertificates(_ policy: TLSPolicy) -> Bool {
        guard policy.clientAuthentication == nil, gh_may_judge() == 1,
            let context = unsafe TLSServerContext(policy).makeContext()
        else { return false }
        defer {
            unsafe SSL_CTX_free(context)
            ERR_clear_error()
        }
        do throws(TLSError) { try unsafe policy.apply(to: context) } catch { return false }
        return unsafe SSL_CTX_get_security_level(context) <= Int32(GH_JUDGED_LEVEL)
    }
}
