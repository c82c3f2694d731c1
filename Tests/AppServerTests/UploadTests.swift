import TestSupport
import Testing

/// docs/app-servers.md: what servers read of a request that has no length, and of one that Gatehouse has given one.
@Suite("Uploads without a length, behind Gatehouse")
struct UploadTests {
    @Test("arrive or are lost as the page says, as they come and with buffer_requests", arguments: try AppServerPage().uploads)
    func uploads(_ row: AppServerPage.Upload) async throws {
        let application = row.name.hasPrefix("Django") ? "django" : "plain"
        let server = try await AppServer(row.command, application: application)
        let chunked = ["--data", "12345", "--header", "Transfer-Encoding: chunked"]
        for (route, reads) in [("", row.readsChunked), ("buffer_requests = true", row.readsBuffered)] {
            try await Gateway.serving(server, route: route) { client in
                // The second one comes behind what the server has left of the first, where it keeps its connection.
                for _ in 0..<2 {
                    let seen = try await client.ask("/x", chunked)
                    #expect(seen.body == (reads ? 5 : 0) && seen.path == "/x", "\(route): \(seen)")
                }
                #expect(try await client.ask("/x", ["--data", "123"]).body == 3)
            }
        }
        try await server.stop()
    }

    @Test("are a table of seven rows")
    func rows() throws {
        #expect(try AppServerPage().uploads.count == 7)
    }
}
