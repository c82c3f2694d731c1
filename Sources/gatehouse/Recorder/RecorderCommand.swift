import ArgumentParser
import HTTP

/// `gatehouse recorder`
struct RecorderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recorder", abstract: "The last exchanges of a running gateway, with timings and decisions.",
        discussion: """
            Prints one JSON object a line, the oldest first, as the access log's JSON has
            them. With --dump the gateway writes them to a file of its own instead, as it
            does on SIGUSR2, and the file's name is printed.
            """)

    @Flag(help: "Have the gateway write them to a file.")
    var dump = false

    @OptionGroup var admin: AdminOptions

    func run() async throws {
        try await admin.ask { client in
            if dump {
                let written = try await client.ask(.post, "/recorder", for: RecorderDumps.Dump.self)
                Console.say("\(written.file)  (\(written.exchanges) exchanges)")
                for worker in written.silentWorkers ?? [] {
                    Console.error("gatehouse: worker \(worker) is stuck: what it keeps is not in the file")
                }
            } else {
                Console.show(String(decoding: try await client.bytes("/recorder"), as: UTF8.self))
            }
        }
    }
}
