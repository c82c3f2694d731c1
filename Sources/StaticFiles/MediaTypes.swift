/// What a site says of the types of its files: the kept table, and what the configuration says instead.
struct MediaTypes: Sendable {
    /// By extension, in lower case.
    let byExtension: [String: MediaType]

    /// - Parameters:
    ///   - charset: what is said of the characters of texts; nil: nothing.
    ///   - replaced: by extension, types in place of the table's.
    init(charset: String?, replaced: [String: String]) {
        var types = MediaType.table
        if charset != "utf-8" {
            types = types.mapValues { MediaType($0.essence, isCompressed: $0.isCompressed, charset: charset) }
        }
        for (name, text) in replaced { types[name] = MediaType(written: text, charset: charset) }
        byExtension = types
    }
}
