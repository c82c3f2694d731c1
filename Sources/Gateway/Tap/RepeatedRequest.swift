import HTTP

/// What a tap shows of a request besides what is recorded of it: its fields without secrets, and the command that repeats it.
struct RepeatedRequest {
    private let fields: [(name: [UInt8], value: [UInt8])]
    private let command: [UInt8]?

    /// Bytes of all fields; what goes beyond is left out.
    private static let maxBytes = 8192

    /// - Parameter redaction: of the target's query.
    init(_ request: RequestHead, _ endpoint: ClientEndpoint, _ redaction: QueryRedaction, hasBody: Bool) {
        var fields: [(name: [UInt8], value: [UInt8])] = []
        var size = 0
        let bytes = request.fields.bytes
        for line in request.fields.lines {
            size += line.name.count + line.value.count
            guard size <= Self.maxBytes else { break }
            fields.append(
                (Array(bytes[line.name]), SecretFields.shown(bytes[line.name], bytes[line.value], redaction)))
        }
        self.fields = fields
        let target = bytes[request.target]
        guard !request.isExtendedConnect, size <= Self.maxBytes, target.count <= Self.maxBytes else {
            command = nil
            return
        }
        command =
            CurlCommand(
                method: Array(bytes[request.methodRange]), isTLS: endpoint.isTLS, authority: Array(bytes[request.authorityRange]),
                port: endpoint.port, target: Array(redaction.redacted(target)),
                version: request.isHTTP2 ? 2 : Int(request.minorVersion), fields: fields, hasBody: hasBody
            ).text
    }

    func append(to object: inout JSONObject) {
        object.add("fields", fields)
        if let command { object.add("curl", command[...]) }
    }
}
