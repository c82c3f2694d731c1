import Configuration
import FoundationEssentials
import Messages

/// What bounds clients, exchanges and the process.
struct AdminLimits: Codable, Sendable {
    struct Limit: Codable, Sendable {
        /// The key of the limit, such as `limits.head_timeout`.
        var key: String
        /// The value as the configuration writes it, or the default.
        var value: String
        var isWritten: Bool
        var meaning: String
    }

    var limits: [Limit]
}

extension AdminResources {
    /// All keys of the tables that bound something, whether they are written or not.
    func limits() async -> ServiceAnswer {
        guard let reloader else { return Self.noFile }
        let written = WrittenKeys(MaskedConfiguration.json(await reloader.sourceInUse) ?? "{}")
        let tables = ConfigurationReference.sections.filter { ["limits", "performance", "security"].contains($0.path) }
        return .json(
            AdminLimits(
                limits: tables.flatMap { table in
                    table.keys.map { key in
                        let own = ([key.name] + key.alsoSpelled).lazy.compactMap { written.tables[table.path]?[$0] }.first
                        return AdminLimits.Limit(
                            key: table.keyPath(key.name), value: own ?? key.standard.text, isWritten: own != nil,
                            meaning: key.meaning)
                    }
                }))
    }
}

/// The values of a configuration's plain tables.
private struct WrittenKeys {
    private(set) var tables: [String: [String: String]] = [:]

    private enum Value: Decodable {
        case text(String)
        case table([String: Value])
        case other

        init(from decoder: any Decoder) throws {
            let content = try decoder.singleValueContainer()
            if let flag = try? content.decode(Bool.self) {
                self = .text("\(flag)")
            } else if let number = try? content.decode(Int.self) {
                self = .text("\(number)")
            } else if let number = try? content.decode(Double.self) {
                self = .text("\(number)")
            } else if let text = try? content.decode(String.self) {
                self = .text("\"\(text)\"")
            } else if let list = try? content.decode([String].self) {
                self = .text("[\(list.map { "\"\($0)\"" }.joined(separator: ", "))]")
            } else if let table = try? content.decode([String: Value].self) {
                self = .table(table)
            } else {
                self = .other
            }
        }
    }

    init(_ json: String) {
        guard let top = try? JSONDecoder().decode([String: Value].self, from: Data(json.utf8)) else { return }
        for (name, value) in top {
            guard case .table(let table) = value else { continue }
            tables[name] = table.compactMapValues { if case .text(let text) = $0 { text } else { nil } }
        }
    }
}

extension ConfigurationReference.Key.Default {
    /// What holds where the key is not written.
    fileprivate var text: String {
        switch self {
        case .value(let value), .none(let value): value
        case .required: ""
        }
    }
}
