/// What `[sites.ssl]` says of OCSP stapling (RFC 6066 §8).
package struct StaplingSettings: Sendable, Equatable {
    /// Are certificates shown with an answer of their responder? Nil: those that demand it (RFC 7633).
    package var isOn: Bool?
    /// The URL of whom to ask; nil: whom the certificate names.
    package var responder: String?
}

extension StaplingSettings {
    init(reading table: TableReader) {
        var isOn = false
        table.read("ocsp_stapling", into: &isOn)
        self.isOn = table.has("ocsp_stapling") ? isOn : nil
        table.read("ocsp_responder", into: &responder)
        guard self.isOn == false, responder != nil else { return }
        table.error(at: "ocsp_responder", "is not asked: ocsp_stapling is false", hint: "keep one of them")
    }
}
