extension ChildProcess {
    /// HAProxy before or behind the gateway, with a configuration of a test's own, once it takes connections.
    /// - Parameters:
    ///   - mode: `http` or `tcp`.
    ///   - sections: `frontend` and what more it needs.
    ///   - port: that it binds.
    package static func haproxy(
        mode: String = "http", _ sections: String, at port: FreePort, in directory: TemporaryDirectory
    ) async throws -> ChildProcess {
        let file = try directory.write(
            "haproxy.cfg",
            """
            global
                nbthread 1
            defaults
                mode \(mode)
                timeout client 60s
                timeout server 60s
                timeout connect 60s
            \(sections)

            """)
        let process = try ChildProcess("haproxy", ["-db", "-f", file])
        try await onThread { while (try? Wire(to: port.number)) == nil {} }
        return process
    }
}
