import Messages

/// Which part of a list is asked for: `?search=TEXT&state=WORD&sort=WORD&offset=N&limit=N`.
struct AdminQuery {
    /// Rows of a page.
    static let maxPageSize = 1000
    /// Unicode scalars of what is looked for.
    private static let maxSearchScalars = 200

    /// What cannot be understood.
    typealias Flaw = FormText.Flaw

    /// The text that is searched for, in lower case.
    private(set) var search: String?
    private(set) var state: String?
    private(set) var sort: String?
    private var offset = 0
    private var limit = AdminQuery.maxPageSize

    /// Is a part asked for, and not all?
    private(set) var isPage = false

    /// - Parameter bytes: of a request's target, with the question mark or without.
    init(_ bytes: ArraySlice<UInt8>) throws(Flaw) {
        for (name, value) in try FormText.pairs(bytes) {
            switch name {
            case "search":
                guard value.unicodeScalars.count <= Self.maxSearchScalars else {
                    throw Flaw(reason: "\"search\" takes at most \(Self.maxSearchScalars) characters.")
                }
                search = value.isEmpty ? nil : value.lowercased()
            case "state": state = value.isEmpty ? nil : value
            case "sort": sort = value.isEmpty ? nil : value
            case "offset": offset = try Self.number(name, value, 0...Int(Int32.max))
            case "limit": limit = try Self.number(name, value, 1...Self.maxPageSize)
            default: throw Flaw(reason: "A list takes search, state, sort, offset and limit.")
            }
            isPage = true
        }
    }

    /// Answers by a query, or says what is wrong with it.
    static func answer(
        _ bytes: ArraySlice<UInt8>, _ list: (AdminQuery) async -> ServiceAnswer
    ) async -> ServiceAnswer {
        do throws(Flaw) {
            return await list(try AdminQuery(bytes))
        } catch {
            return .problem(400, error.reason)
        }
    }

    /// Does one of the texts have what is looked for in it?
    func finds(_ texts: [String]) -> Bool {
        guard let search else { return true }
        return texts.contains { $0.lowercased().contains(search) }
    }

    func page<Element>(of all: [Element]) -> ArraySlice<Element> {
        isPage ? all.dropFirst(offset).prefix(limit) : all[...]
    }

    private static func number(_ name: String, _ value: String, _ range: ClosedRange<Int>) throws(Flaw) -> Int {
        guard let number = Int(value), range.contains(number) else {
            throw Flaw(reason: "\"\(name)\" is to be from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}
