/// What a site says of the types of its files: the kept table, and what the configuration says instead.
struct MediaTypes: Sendable {
    /// The media types by extension, in lower case.
    private let byExtension: [String: MediaType]
    /// The extensions of those that are worth compressing.
    private let compressible: Set<String>
    private let compressesUnknown: Bool

    /// The media types of a site that says nothing of them. Most do, and share it: a configuration may have thousands.
    private static let usual = MediaTypes(making: StaticSettings())

    init(_ settings: StaticSettings) {
        let usual = StaticSettings()
        let isUsual =
            settings.charset == usual.charset && settings.mediaTypes.isEmpty
            && settings.compressionTypes == usual.compressionTypes
        self = isUsual ? Self.usual : MediaTypes(making: settings)
    }

    private init(making settings: StaticSettings) {
        var types = MediaType.table
        if settings.charset != "utf-8" {
            types = types.mapValues { MediaType($0.essence, isCompressed: $0.isCompressed, charset: settings.charset) }
        }
        for (name, text) in settings.mediaTypes { types[name] = MediaType(written: text, charset: settings.charset) }
        let wanted = Set(settings.compressionTypes.map(MediaType.canonical))
        let suffixes = wanted.filter { $0.hasPrefix("+") }
        func isWorthIt(_ type: MediaType) -> Bool {
            let name = MediaType.canonical(type.essence)
            return !type.isCompressed && (wanted.contains(name) || suffixes.contains { name.hasSuffix($0) })
        }
        byExtension = types
        compressible = Set(types.filter { isWorthIt($0.value) }.keys)
        compressesUnknown = isWorthIt(.unknown)
    }

    /// What a file is, told by its path, and whether it is worth compressing.
    func type(of path: [UInt8]) -> (type: MediaType, isCompressible: Bool) {
        guard let name = MediaType.fileExtension(of: path), let type = byExtension[name] else {
            return (.unknown, compressesUnknown)
        }
        return (type, compressible.contains(name))
    }
}
