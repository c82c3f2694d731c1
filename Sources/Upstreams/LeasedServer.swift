extension Lease {
    /// The server to which the connection leads.
    package var server: UpstreamServer { pool.server }
}
