import Foundation
import Testing

@testable import EventLoop

@Suite("The way to a file")
struct FilePathStepsTests {
    /// A directory of its own, without links on the way to it, that is removed.
    private func within(_ body: (String) throws -> Void) throws {
        let path = "/tmp/steps-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private func steps(_ path: String) -> [String] { FilePathSteps.all(of: path).map { "\($0.directory) \($0.name)" } }

    @Test("has every directory in which a name is looked up, those behind links too")
    func configMap() throws {
        try within { path in
            let files = FileManager.default
            try files.createDirectory(atPath: path + "/..2026", withIntermediateDirectories: true)
            try Data().write(to: URL(filePath: path + "/..2026/tls.crt"))
            try files.createSymbolicLink(atPath: path + "/..data", withDestinationPath: "..2026")
            try files.createSymbolicLink(atPath: path + "/tls.crt", withDestinationPath: "..data/tls.crt")
            let name = String(path.dropFirst("/tmp/".count))
            #expect(
                steps(path + "/tls.crt") == [
                    "/ tmp", "/tmp \(name)", "\(path) tls.crt", "\(path) ..data", "\(path) ..2026", "\(path)/..2026 tls.crt",
                ])
        }
    }

    @Test("goes as far as there is something, follows absolute links and dots, and ends where links go in circles")
    func others() throws {
        try within { path in
            #expect(steps(path + "/none/at/all").suffix(3) == ["\(path) none", "\(path)/none at", "\(path)/none/at all"])
            try FileManager.default.createSymbolicLink(atPath: path + "/away", withDestinationPath: "/etc/../etc/hosts")
            #expect(steps(path + "/./away").suffix(4) == ["\(path) away", "/ etc", "/ etc", "/etc hosts"])
            try FileManager.default.createSymbolicLink(atPath: path + "/circle", withDestinationPath: "circle")
            #expect(steps(path + "/circle").count == 2 + 41)
            let here = FileManager.default.currentDirectoryPath
            #expect(steps("some.toml").last == "\(here) some.toml")
        }
    }
}
