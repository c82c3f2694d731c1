/// `[admin]`: how the operator's commands reach the running process.
package struct Admin: Sendable, Equatable {
    /// Where the admin socket is.
    package enum Socket: Sendable, Equatable {
        /// A file of the process's own in the runtime directory.
        case standard
        case file(path: String)
        case none
    }

    /// When a reload is undone by itself: too many answers are 5xx.
    package struct RollbackRule: Sendable, Equatable {
        /// More than this share of all answers.
        package var percent: Double
        /// For so long.
        package var duration: Duration
    }

    package var socket = Socket.standard
    /// How many configurations are kept in the state directory; 0: none.
    package var history = 20
    /// nil: never.
    package var rollbackOn: RollbackRule?

    package init() {}
}

extension Admin {
    /// The longest path of a Unix socket, in bytes (unix(7)).
    private static let longestPath = 107

    init(reading table: TableReader) {
        if let text = table.string(["socket"], allowEmpty: false) {
            if text.value.utf8.count > Self.longestPath {
                table.reading.error(
                    text, "is longer than \(Self.longestPath) bytes", hint: "the kernel takes no longer path of a Unix socket")
            }
            socket = text.value == "none" ? .none : .file(path: text.value)
        }
        table.read("history", into: &history, in: 0...1000)
        if let text = table.string(["rollback_on"], allowEmpty: false) {
            rollbackOn = RollbackRule(text.value)
            if rollbackOn == nil {
                table.reading.error(text, "\"\(text.value)\" is no such condition", hint: "write it like \"5xx > 5% for 30s\"")
            }
        }
        table.finish()
    }
}

extension Admin.RollbackRule {
    /// `"5xx > 5% for 30s"`; nil if it is none: a share of 0 to below 100, and 1 second to 1 hour.
    init?(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 5, words[0] == "5xx", words[1] == ">", words[2].hasSuffix("%"), words[3] == "for",
            let percent = Double(words[2].dropLast()), (0..<100).contains(percent),
            let seconds = Units.seconds(words[4]), (1...3600).contains(seconds)
        else { return nil }
        self.percent = percent
        duration = .milliseconds(Int((seconds * 1000).rounded()))
    }
}

extension ConfigurationReference {
    static let adminSection = Section(
        "admin", "How `gatehouse reload` and its like reach the running process.",
        [
            Key(
                "socket", "file, or `none`", .none("`PID.sock` in the runtime directory"),
                """
                The Unix socket of the admin API; its mode is 0600, and only root and the process's own user are answered. \
                A change waits for the next start.
                """),
            Key(
                "history", "count, 0 to 1000", .value("20"),
                """
                How many configurations that were in use are kept in `history` of `server.state_dir`, for \
                `gatehouse history` and `gatehouse rollback` ([Reload](reload.md#going-back)). 0: none.
                """),
            Key(
                "rollback_on", "as `5xx > 5% for 30s`", .none("never"),
                """
                A reload is undone by itself when more than this share of all answers are 5xx for so long after it, and were not \
                before it.
                """),
        ])
}
