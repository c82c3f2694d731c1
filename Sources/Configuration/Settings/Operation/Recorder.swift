/// `[recorder]`: the last exchanges, kept in memory for whoever wants to know afterwards.
package struct Recorder: Sendable, Equatable {
    /// How many exchanges each worker keeps; 0: none.
    package var exchanges = 0
    /// When they are written to a file by themselves; nil: never.
    package var dumpOn: FailureShare?
    /// Where those files are; nil: `recorder` in the state directory.
    package var directory: String?
    /// How many files there may be.
    package var keep = 10

    package init() {}
}

extension Recorder {
    init(reading table: TableReader) {
        table.read("exchanges", into: &exchanges, in: 0...10_000)
        table.read("dump_on", into: &dumpOn)
        table.read("directory", into: &directory)
        table.read("keep", into: &keep, in: 1...1000)
        if exchanges == 0 {
            for key in ["dump_on", "directory", "keep"] where table.has(key) {
                table.error(
                    at: key, "does nothing with recorder.exchanges = 0",
                    hint: "keep some exchanges, or take it out")
            }
        }
        table.finish()
    }
}

extension ConfigurationReference {
    static let recorderSection = Section(
        "recorder", "The flight recorder: the last exchanges, kept in memory ([Recorder](recorder.md)).",
        [
            Key(
                "exchanges", "count, 0 to 10000", .value("0"),
                "How many each worker keeps; one takes half a kilobyte, and what a long target takes. 0: none."),
            Key(
                "dump_on", "as `5xx > 20% for 10s`", .none("never"),
                """
                They are written to a file by themselves when more than this share of all answers were 5xx for so long; the form \
                is that of `admin.rollback_on`. Again only after the share was below it for as long.
                """),
            Key(
                "directory", "directory", .none("`recorder` in `server.state_dir`"),
                "Where the files are; it is made if need be, with mode 0700. The files have mode 0600."),
            Key("keep", "count, 1 to 1000", .value("10"), "How many files there may be: the oldest give way."),
        ])
}
