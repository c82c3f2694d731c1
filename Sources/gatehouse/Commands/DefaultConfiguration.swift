import ArgumentParser
import EventLoop
import Glibc

/// The configuration of commands that are told of none: `config.toml` of the working directory.
enum DefaultConfiguration {
    static let name = "config.toml"

    /// The file that a command is to read.
    ///
    /// - Parameter named: what `--config` says.
    /// - Throws: `ExitCode`, wrong usage, having said so, if none is named and there is none.
    static func path(_ named: String?) throws -> String {
        if let named { return named }
        // Of one that is there and cannot be read whoever reads it says why.
        guard FileAccess.problem(reading: name)?.code == ENOENT else { return name }
        Console.error("gatehouse: no configuration given, and there is no \(name) here: name one with -c; see gatehouse --help")
        throw ExitCode(2)
    }
}
