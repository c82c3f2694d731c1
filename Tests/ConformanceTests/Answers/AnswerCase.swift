import Testing

/// What an upstream sends, byte for byte, and what the client must see of it.
struct AnswerCase: Sendable, CustomTestStringConvertible {
    enum Seen: Sendable, Equatable {
        /// This answer, whole.
        case whole(Int, body: String)
        /// A 502 of our own with this reason.
        case refused(String)
        /// The beginning of an answer that nobody can take for the whole.
        case truncated
    }

    var request = "GET /tls/x HTTP/1.1\r\nHost: a.test\r\n\r\n"
    var script: Script
    var seen: Seen
    /// May the next request use the same upstream connection?
    var isReused = false
    var interim: [Int] = []
    var clientStays = true
    /// The value of the answer's `Trailer`.
    var announced: String?
    /// The lines behind the last chunk.
    var trailers = ""

    var testDescription: String {
        let text = String(decoding: script.bytes, as: UTF8.self).debugDescription
        let end = script.ending == .keep ? "" : ", then \(script.ending)"
        return "\(seen): \(text.count > 100 ? text.prefix(97) + "..." : text)\(end)"
    }

    /// An answer that is passed on.
    static func whole(_ text: String, _ status: Int = 200, body: String = "", then ending: Script.Ending = .keep) -> AnswerCase {
        AnswerCase(script: Script(text, then: ending), seen: .whole(status, body: body), isReused: ending == .keep)
    }

    /// A head that is not passed on.
    static func refused(_ reason: String, _ text: String, then ending: Script.Ending = .keep) -> AnswerCase {
        AnswerCase(script: Script(text, then: ending), seen: .refused(reason))
    }

    /// An answer whose body goes wrong.
    static func truncated(_ text: String, then ending: Script.Ending = .keep) -> AnswerCase {
        AnswerCase(script: Script(text, then: ending), seen: .truncated)
    }

    func spent() -> AnswerCase { with { $0.isReused = false } }
    func to(_ request: String) -> AnswerCase { with { $0.request = request } }
    func after(_ interim: Int...) -> AnswerCase { with { $0.interim = interim } }
    func trailing(_ lines: String, announced: String? = nil) -> AnswerCase {
        with { ($0.trailers, $0.announced) = (lines, announced) }
    }
    func lastForClient() -> AnswerCase { with { $0.clientStays = false } }

    func with(_ change: (inout AnswerCase) -> Void) -> AnswerCase {
        var changed = self
        change(&changed)
        return changed
    }

    var isHead: Bool { request.hasPrefix("HEAD") }
}
