extension ConfigurationReference {
    static let loggingSection = Section(
        "logging", "The access log (a line per exchange) and the diagnostics log.",
        [
            Key(
                "level", "`trace`, `debug`, `info`, `warn`, `error`", .value("\"info\""),
                "The least severe line that the diagnostics log gets."),
            Key(
                "access_log", "`none`, `stdout`, `stderr`, `journald`, `syslog`, `syslog+udp://HOST:PORT`, …, or a file",
                .value("\"stdout\""), "Where access lines go ([Logging](logging.md#where-lines-go))."),
            Key("error_log", "as `access_log`", .value("\"stderr\""), "Where diagnostics go."),
            Key(
                "format", "`combined`, `compact`, `json`, `ecs`, `otel`, or a text with fields in braces",
                .value("\"combined\""), "The form of an access line ([Logging](logging.md#access-log))."),
            Key("log_requests", "boolean", .value("true"), "`false` is `access_log = \"none\"`."),
            Key(
                "redact_query", "list of names", .value("[]"),
                """
                Parameters of a query whose values the access log leaves out, of the target and of `Referer`; compared \
                without case, and however they are escaped ([Logging](logging.md#what-is-left-out)).
                """),
            Key(
                "sample_one_in", "1 to 1000000", .value("1"),
                """
                Of ordinary exchanges one in so many leaves an access line. Those with a status of 400 or more, with a \
                failure, with several attempts, or slower than `sample_slow`, and WebSockets, always do.
                """),
            Key("sample_slow", "duration", .value("1"), "From when on an exchange is not ordinary."),
            Key(
                "rotate_size", "size, from 64KB", .none("whatever the size"),
                """
                A log file that would grow beyond it is put aside, as `NAME.1`, and a new one begun \
                ([Logging](logging.md#rotating-files)).
                """
            ),
            Key(
                "rotate_age", "duration", .none("however old"),
                """
                A log file with lines of an earlier period of this length is put aside; periods begin with 1970 in UTC, so `1d` \
                is every midnight.
                """
            ),
            Key("rotate_keep", "1 to 1000", .value("14"), "Files that are kept of those that were put aside."),
            Key(
                "syslog_facility", "`daemon`, `local0` to `local7`, and the others of syslog.conf(5)", .value("\"daemon\""),
                "What syslog receivers and the journal take lines for."),
            Key(
                "syslog_ca_file", "PEM file", .none("the system's authorities"),
                "Who may have issued the certificate of a `syslog+tls` receiver. Read with each connection."),
        ])
}
