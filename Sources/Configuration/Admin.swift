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
                """)
        ])
}
