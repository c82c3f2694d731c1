import ArgumentParser
import EventLoop
import Glibc

/// The configuration of commands that are told of none: the working directory's.
enum DefaultConfiguration {
    /// The first that is there is taken: the second name is BWS's.
    private static let names = ["gatehouse.toml", "config.toml"]

    /// The file that a command is to read.
    ///
    /// - Parameter named: what `--config` says.
    /// - Throws: `ExitCode`, wrong usage, having said so, if none is named and there is none.
    static func path(_ named: String?) throws -> String {
        if let named { return named }
        // Of one that is there and cannot be read whoever reads it says why.
        if let found = names.first(where: { FileAccess.problem(reading: $0)?.code != ENOENT }) { return found }
        let missing = "there is neither \(names.joined(separator: " nor ")) here"
        Console.error("gatehouse: no configuration given, and \(missing): name one with -c; see gatehouse --help")
        throw ExitCode(2)
    }
}
