/// Where `unsafe` may be: whole folders whose work it is, and single files, each with one small unsafe step.
struct Rooms: Sendable {
    var folders: [String]
    var files: [String]

    func contains(_ path: String) -> Bool { files.contains(path) || folders.contains { path.hasPrefix($0) } }
}

/// What the rules must know beyond the file they read.
struct Project: Sendable {
    var manifest: Manifest
    var rooms: Rooms
    /// Modules that may import Dispatch, for signals; elsewhere the event loop is the only scheduler.
    var dispatch: Set<String>
    /// Modules that may import FoundationEssentials, for JSON; nobody may import Foundation.
    var foundationEssentials: Set<String>
    /// Names that are declared in `Sources` and called by Swift or a library alone.
    var calledFromOutside: Set<String>
    /// Names that are declared in `Sources` so that tests, or a benchmark, can see what no other code asks for.
    var askedByTests: Set<String>
}

extension Project {
    /// Gatehouse itself, with the manifest as it stands in Package.swift.
    static func gatehouse(manifest: Manifest) -> Project {
        Project(
            manifest: manifest,
            rooms: Rooms(
                folders: ["Sources/EventLoop/", "Sources/TLS/", "Sources/Transport/"],
                files: [
                    "Sources/ACME/Renewal/HookProgram.swift",
                    "Sources/ACME/Renewal/Renewer.swift",
                    "Sources/ACME/Store/StateDirectory.swift",
                    "Sources/Buffers/Buffer.swift",
                    "Sources/Configuration/Files/ConfigurationFiles.swift",
                    "Sources/Configuration/Files/EnvironmentVariables.swift",
                    "Sources/Configuration/TOML/TomlDocument.swift",
                    "Sources/ContentCodings/BrotliEncoder.swift",
                    "Sources/ContentCodings/GzipEncoder.swift",
                    "Sources/ContentCodings/ZstdEncoder.swift",
                    "Sources/Demo/DemoServices.swift",
                    "Sources/Expressions/RegularExpression.swift",
                    "Sources/Fleet/Documents/Sealing.swift",
                    "Sources/Fleet/FleetClient.swift",
                    "Sources/Fleet/Member/FleetMember.swift",
                    "Sources/Fleet/Rates/RateLink.swift",
                    "Sources/Gateway/Certificates/Stapler.swift",
                    "Sources/Gateway/Tokens/KeyFetcher.swift",
                    "Sources/Gateway/Logs/Log/LogFile.swift",
                    "Sources/Gateway/Tunnel/UniqueBox.swift",
                    "Sources/Gateway/Worker/Worker.swift",
                    "Sources/HTTP/Bytes/ByteAppending.swift",
                    "Sources/HTTP/Bytes/ByteScanning.swift",
                    "Sources/HTTP/Heads/HeadWriting.swift",
                    "Sources/HTTP2/FieldRules.swift",
                    "Sources/Protection/AtomicWords.swift",
                    "Sources/Protection/PublicKey.swift",
                    "Sources/Protection/Secrets.swift",
                    "Sources/StaticFiles/Lookup/Directory.swift",
                    "Sources/StaticFiles/Lookup/DirectoryListing.swift",
                    "Sources/StaticFiles/Lookup/LinkTarget.swift",
                    "Sources/StaticFiles/Lookup/OpenFile.swift",
                    "Sources/Upstreams/Policy/Signature.swift",
                    "Sources/WebSocket/SHA1.swift",
                    "Sources/gatehouse/Admin/AdminClient.swift",
                    "Sources/gatehouse/Admin/AdminServer.swift",
                    "Sources/gatehouse/Admin/ControlServer.swift",
                    "Sources/gatehouse/Dashboard/SnapshotFeed.swift",
                    "Sources/gatehouse/Process/FileLimit.swift",
                    "Sources/gatehouse/Reload/RollbackMonitor.swift",
                    "Sources/gatehouse/Process/CertificateRenewal.swift",
                    "Sources/gatehouse/Reload/FileWatcher.swift",
                    "Sources/gatehouse/Recorder/RecorderDumps.swift",
                    "Sources/gatehouse/Reload/PlanMaker.swift",
                    "Sources/gatehouse/Reload/Reloader.swift",
                    "Sources/gatehouse/OutputDescriptor.swift",
                    "Sources/gatehouse/Metrics/ProcessReading.swift",
                    "Sources/gatehouse/Process/Privileges.swift",
                    "Sources/gatehouse/Process/Signals.swift",
                    "Sources/gatehouse/Trust/Program.swift",
                    "Sources/gatehouse/Upgrade/NewProcess.swift",
                ]),
            dispatch: ["gatehouse"],
            foundationEssentials: ["ACME", "Fleet", "Gateway", "gatehouse"],
            calledFromOutside: ["isIsolatingCurrentContext", "logLevel", "unownedExecutor", "validate"],
            askedByTests: [
                // Whether the documents name every key, and say of it what the reference says.
                "markdown",
                // Whose records are used, and what Benchmarks/micro measures of the router.
                "hasOwnRecords", "changeKeys", "RouteLookup",
                // What peers send, and where in a message a frame ends.
                "normalClosure", "isAtMessageBoundary",
            ])
    }
}
