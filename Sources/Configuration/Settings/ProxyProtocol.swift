/// Whether clients come through a proxy that says by the PROXY protocol whom it speaks for. The same for all sites of a listener.
package struct ProxyProtocol: Sendable, Equatable {
    /// What becomes of connections of anybody else.
    package enum Others: String, Sendable, CaseIterable {
        /// They are closed.
        case refuse
        /// They are clients.
        case plain
    }

    /// Who begins with a header, and is believed.
    package var from: [AddressBlock] = []
    package var others = Others.refuse

    /// Reads the table; nil if it is not written, or wrong, which is reported.
    static func read(_ table: TableReader) -> ProxyProtocol? {
        guard table.isWritten else { return nil }
        var result = ProxyProtocol()
        result.from = table.believedBlocks("from")
        table.read("others", into: &result.others)
        table.finish()
        if table.isAbsentOrEmpty("from") {
            table.error(
                at: "from", "is missing: whoever is believed may claim to be any client",
                hint: "the addresses of your load balancers, such as from = [\"10.0.0.0/8\"]")
        }
        return result.from.isEmpty ? nil : result
    }
}
