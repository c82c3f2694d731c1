import ArgumentParser
import Configuration
import FoundationEssentials

/// `gatehouse schema`
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "A JSON Schema of the configuration file, for editors.",
        discussion: """
            Editors complete and explain keys by it, such as those with Taplo, which find
            it by a first line in the file:  #:schema ./gatehouse.schema.json
            """)

    func run() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        Console.say(String(decoding: try encoder.encode(ConfigurationSchema.whole()), as: UTF8.self))
    }
}
