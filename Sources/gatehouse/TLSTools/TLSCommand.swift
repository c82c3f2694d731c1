import ArgumentParser

/// `gatehouse tls`: what helps to find out why TLS does not work.
struct TLSCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tls",
        abstract: "Look at servers and certificates, explain what TLS complains of, issue certificates for development.",
        discussion: """
            Nothing here needs a running gateway, and nothing changes one.
            """,
        subcommands: [TLSProbeCommand.self, TLSCertCommand.self, TLSWhyCommand.self, TLSIssueCommand.self])
}
