import Foundation
import TestSupport
import Testing

@Suite("The list of connections")
struct ConnectionTimesTests {
    @Test("says in the largest units how long each is open; its JSON has milliseconds")
    func units() async throws {
        let times = [
            (9_999, "9999 ms"), (10_000, "10 s"), (59_999, "59 s"), (3_599_000, "59 min"), (3_660_000, "1 h 1 min"),
            (86_400_000, "1 d 0 h"), (266_400_000, "3 d 2 h"),
        ]
        let connections = times.map { milliseconds, _ in
            """
            {"id":"1-\(milliseconds)","client":"192.0.2.1:5","listener":"[::]:443","milliseconds":\(milliseconds),\
            "activity":"idle","requests":[],"tunnels":0,"tunnel_bytes_in":0,"tunnel_bytes_out":0}
            """
        }
        let answer = "{\"total\":\(times.count),\"connections\":[\(connections.joined(separator: ","))]}"
        let directory = try TemporaryDirectory()
        let socket = directory.path + "/admin.sock"
        let admin = try ChildProcess(Place.python, [Place.peer("admin_answer.py"), socket, answer])
        _ = try await admin.output.first("that it listens") { $0 == "ready" }
        let list = try await Command.run(Place.gatehouse, ["connections", "--socket", socket])
        let lines = list.text.split(separator: "\n").map(String.init)
        for (milliseconds, words) in times {
            let line = try #require(lines.first { $0.hasPrefix("1-\(milliseconds) ") }, "\(list)")
            #expect(line.contains("  plain  \(words)  "), "\(line)")
        }
        let json = try await Command.run(Place.gatehouse, ["connections", "--json", "--socket", socket])
        #expect(json.text.contains("\"milliseconds\" : 86400000"), "\(json)")
        admin.kill()
        _ = try await admin.exit()
    }
}
