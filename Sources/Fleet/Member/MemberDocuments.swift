import Logging

/// Documents that others have written, and this member may or may not use.
extension FleetMember {
    /// - Returns: nil if it cannot be used, which is told once.
    func opened<Content>(_ entry: EtcdEntry, as read: ([UInt8]) -> Content?) -> Content? {
        do throws(DocumentFault) {
            let bytes = try SealedDocument.open(entry.value, at: entry.key, with: settings.secret)
            guard let content = read(bytes) else { throw .malformed }
            complaints.note(nil, of: entry.key)
            return content
        } catch {
            complain(of: entry.key, error)
            return nil
        }
    }

    private func complain(of key: String, _ fault: DocumentFault) {
        guard complaints.note(fault, of: key) else { return }
        log.error(
            "a document of the fleet is not used: what is known goes on",
            metadata: ["fleet": "\(settings.name)", "document": "\(key)", "reason": "\(fault)", "key": "fleet.secret_file"])
    }
}
