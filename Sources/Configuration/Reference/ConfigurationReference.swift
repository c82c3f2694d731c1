/// Every key of the configuration file, in words: the source of `docs/configuration.md` and of `--help` texts. The tests hold it
/// against the reader (no key without a line, no line without a key) and against the types (each default).
package enum ConfigurationReference {
    /// One key: its name, type and meaning, as the reference page prints them.
    package struct Key: Sendable {
        /// What holds when the key is not written.
        package enum Default: Sendable, Equatable {
            /// A TOML value; writing it changes nothing.
            case value(String)
            /// The key has no value unless written; what holds then.
            case none(String)
            case required
        }

        package var name: String
        /// Other spellings, with the same meaning.
        package var alsoSpelled: [String] = []
        package var type: String
        package var standard: Default
        package var meaning: String

        init(_ name: String, _ type: String, _ standard: Default, _ meaning: String, also: [String] = []) {
            self.name = name
            self.type = type
            self.standard = standard
            self.meaning = meaning
            alsoSpelled = also
        }
    }

    /// A table and its keys.
    package struct Section: Sendable {
        /// The section's path, such as `sites[].ssl`; empty for the top level.
        package var path: String
        package var isArray = false
        package var meaning: String
        package var keys: [Key]
        /// The table whose keys these are, if they are printed there.
        package var original: String?

        init(_ path: String, isArray: Bool = false, _ meaning: String, _ keys: [Key] = []) {
            self.path = path
            self.isArray = isArray
            self.meaning = meaning
            self.keys = keys
        }

        /// The section's header as the file writes it: `[sites.ssl]`.
        package var header: String {
            let name = path.replacing("[]", with: "")
            return isArray ? "[[\(name)]]" : "[\(name)]"
        }

        /// The path of a key in it, with `[]` for indices.
        package func keyPath(_ name: String) -> String {
            path.isEmpty ? name : "\(path)\(isArray ? "[]" : "").\(name)"
        }
    }

    package static let sections =
        globalSections + [adminSection, metricsSection, tracingSection, recorderSection, fleetSection, fleetRedisSection]
        + siteSections
        + protectionSections
        + siteRouteSections(like: proxySections + belowRoutes)
        + proxySections + belowRoutes + proxyDetailSections + [balancingSection] + healthSections
        + sharedPoolSections(like: proxySections + proxyDetailSections + [balancingSection] + healthSections)
        + tcpSections

    private static let belowRoutes = routeSections(of: "sites[].proxy.routes[]") + routeProtectionSections

    /// Every accepted key path, tables and other spellings included, with `[]` for an index.
    package static var keyPaths: Set<String> {
        var paths: Set<String> = []
        for section in sections {
            if !section.path.isEmpty { paths.insert(section.path) }
            for key in section.keys {
                for name in [key.name] + key.alsoSpelled { paths.insert(section.keyPath(name)) }
            }
        }
        return paths
    }

    /// Why a key has no effect in this version; nil if it has.
    package static func missingFeature(of keyPath: String) -> String? {
        UnimplementedFeatures.feature(covering: keyPath).map {
            $0.protects ? "\($0.name); an error, but for `--lenient`" : $0.name
        }
    }

    /// The tables of `docs/configuration.md`.
    package static func markdown() -> String {
        let tables = sections.map(markdown(of:)).joined(separator: "\n")
        let documented = DocumentedOnlyKeys.keys.map { key in
            let mark = key.protects ? " (an error)" : ""
            return "| `\(key.pattern.replacing("[]", with: ""))`\(mark) | \(key.advice) |\n"
        }
        return tables + """

            ### Keys that only BWS's manuals have

            Without effect, and accepted with a warning; those that would protect something are errors, but for `--lenient` and
            `compat = "bws"`:

            | key | instead |
            |---|---|

            """ + documented.joined()
    }

    private static func markdown(of section: Section) -> String {
        var text = section.path.isEmpty ? "### Top level\n\n" : "### `\(section.header)`\n\n"
        text += section.meaning + "\n"
        if !section.path.isEmpty, let feature = missingFeature(of: section.path) {
            text += "\n**Accepted; not in effect in this version** (\(feature)).\n"
        }
        if let original = section.original {
            return text + "\nThe same keys as `\(original)`.\n"
        }
        guard !section.keys.isEmpty else { return text }
        text += "\n| key | value | default | meaning |\n|---|---|---|---|\n"
        for key in section.keys { text += row(key, in: section) }
        return text
    }

    private static func row(_ key: Key, in section: Section) -> String {
        let names = ([key.name] + key.alsoSpelled).map { "`\($0)`" }.joined(separator: ", ")
        let standard =
            switch key.standard {
            case .value(let literal): "`\(literal)`"
            case .none(let reason): reason
            case .required: "required"
            }
        var meaning = key.meaning
        if missingFeature(of: section.path) == nil, let feature = missingFeature(of: section.keyPath(key.name)) {
            meaning += " **Not in effect in this version** (\(feature))."
        }
        return "| \(names) | \(key.type) | \(standard) | \(meaning) |\n"
    }
}
