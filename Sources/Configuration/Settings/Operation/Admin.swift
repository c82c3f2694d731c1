/// `[admin]`: how the operator's commands reach the running process.
package struct Admin: Sendable, Equatable {
    /// Where the admin socket is.
    package enum Socket: Sendable, Equatable {
        /// A file of the process's own in the runtime directory.
        case standard
        case file(path: String)
        case none
    }

    package var socket = Socket.standard
    /// How many configurations are kept in the state directory; 0: none.
    package var history = 20
    /// When a reload is undone by itself; nil: never.
    package var rollbackOn: FailureShare?

    package init() {}
}

extension Admin {
    /// The longest path of a Unix socket, in bytes (unix(7)).
    private static let maxPathBytes = 107

    init(reading table: TableReader) {
        if let text = table.string(["socket"], allowEmpty: false) {
            if text.value.utf8.count > Self.maxPathBytes {
                table.reading.error(
                    text, "is longer than \(Self.maxPathBytes) bytes", hint: "the kernel takes no longer path of a Unix socket")
            }
            socket = text.value == "none" ? .none : .file(path: text.value)
        }
        table.read("history", into: &history, in: 0...1000)
        table.read("rollback_on", into: &rollbackOn)
        table.finish()
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
