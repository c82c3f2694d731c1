import ArgumentParser

/// `gatehouse demo`
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "See it work: an echo service and a chat room over TLS.")

    func run() async throws {}
}
