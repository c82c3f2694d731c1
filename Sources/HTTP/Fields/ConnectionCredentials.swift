extension FieldSection {
    /// May the credentials in `Authorization` make a server take all that comes over the connection for their user's, whoever
    /// sends it? NTLM's do, and those of its kin can (RFC 4559), against RFC 9110 §3.3. No other client may have it then.
    package var authenticatesConnection: Bool {
        guard contains(.authorization) else { return false }
        let span = bytes.span
        for line in lines where line.known == .authorization {
            // "Nego" is what Negotiate and Nego2 have in common.
            if Self.begins(span, line.value, with: "NTLM") || Self.begins(span, line.value, with: "Nego")
                || Self.begins(span, line.value, with: "Kerberos") || Self.begins(span, line.value, with: "CredSSP")
            {
                return true
            }
        }
        return false
    }

    private static func begins(_ bytes: Span<UInt8>, _ value: Range<Int>, with scheme: StaticString) -> Bool {
        let end = value.lowerBound + scheme.utf8CodeUnitCount
        return end <= value.upperBound && Text.equal(bytes, value.lowerBound..<end, scheme)
    }
}
