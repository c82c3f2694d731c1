extension TLSSettings.Certificate {
    /// nil if a file is not named; that is reported.
    init?(reading table: TableReader) {
        let cert = table.string(["cert_file", "cert_path"], allowEmpty: false)
        let key = table.string(["key_file", "key_path"], allowEmpty: false)
        table.read("key_passphrase_file", into: &passphraseFile)
        table.finish()
        guard let cert else {
            table.missing("cert_file", hint: "the PEM file of a certificate with another kind of key, or a PKCS#12 file (.p12)")
            return nil
        }
        let isArchive = TLSSettings.isArchive(cert.value)
        guard let keyFile = key?.value ?? (isArchive ? cert.value : nil) else {
            table.missing("key_file", hint: "the PEM file of the key that belongs to cert_file")
            return nil
        }
        certFile = cert.value
        self.keyFile = keyFile
    }
}
