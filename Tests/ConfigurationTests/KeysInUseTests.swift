import Foundation
import Testing

@testable import Configuration

/// A key that is read and then forgotten would be worse than one that is refused.
@Suite("What is read of a configuration")
struct KeysInUseTests {
    /// What the reader itself turns into something that is used.
    private static let settledByReader: Set = ["logRequests", "requestTimeout"]
    /// What waits for its feature, and the key that is said not to be in effect.
    private static let waiting = [
        "readBufferSize": "performance.read_buffer_size",
        "writeBufferSize": "performance.write_buffer_size",
    ]

    private static let sources = Fixture.folder.appending(path: "../../../Sources").standardized

    /// The stored properties of what a file says of a configuration.
    private static func properties(of text: String) -> [String] {
        text.matches(of: /(?m)^    package var (\w+)(?::[^{\n]*)?(?: = [^{\n]*)?$/).map { String($0.output.1) }
    }

    @Test("is used by the program, or its key is said not to be in effect")
    func keys() throws {
        let files = try #require(FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil))
        var used: Set<String> = []
        var properties: Set<String> = []
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            if !file.path.contains("/Sources/Configuration/") {
                for match in text.matches(of: /\.(\w+)/) { used.insert(String(match.output.1)) }
            } else if file.path.contains("/Settings/") || file.lastPathComponent == "Configuration.swift" {
                properties.formUnion(Self.properties(of: text))
            }
        }
        #expect(properties.count > 380)
        let unused = properties.subtracting(used).subtracting(Self.settledByReader)
        #expect(unused.subtracting(Self.waiting.keys).sorted() == [], "read, and used nowhere")
        #expect(Set(Self.waiting.keys).subtracting(unused).sorted() == [], "in use by now, or gone")
        for (name, key) in Self.waiting {
            #expect(ConfigurationReference.missingFeature(of: key) != nil, "\(name)")
            #expect(ConfigurationReference.keyPaths.contains(key), "\(name)")
        }
    }
}
