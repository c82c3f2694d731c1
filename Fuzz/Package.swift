// swift-tools-version: 6.2
import PackageDescription

// Built by scripts/fuzz alone. The modules under test are compiled from the same sources as the gateway's, but with the fuzzer's
// instrumentation; each target is one program whose entry is libFuzzer's.
let fuzzed: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .strictMemorySafety(),
    // Some entries are not public: what receives frames is its connection's own.
    .unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library", "-O", "-enable-testing"]),
]
func target(_ name: String, _ modules: String...) -> Target {
    .executableTarget(
        name: name, dependencies: ["CFuzzer"] + modules.map { .byName(name: $0) }, path: "Sources/\(name)", swiftSettings: fuzzed,
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])])
}
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Gatehouse/\(name)", swiftSettings: fuzzed)
}
/// Without instrumentation: not what is tried here.
func shim(_ name: String, _ dependencies: [Target.Dependency] = [], links libraries: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Gatehouse/\(name)",
        linkerSettings: libraries.map { .linkedLibrary($0) })
}

let package = Package(
    name: "fuzz",
    targets: [
        .target(name: "CFuzzer"),
        .target(name: "OtherReader", swiftSettings: fuzzed),
        module("HTTP"),
        .target(name: "CToml", path: "Gatehouse/CToml", cxxSettings: [.unsafeFlags(["-fsanitize=address"])]),
        .target(
            name: "CRecords", path: "Gatehouse/CRecords",
            cSettings: [.unsafeFlags(["-fsanitize=fuzzer-no-link,address"])], linkerSettings: [.linkedLibrary("crypto")]),
        module("Configuration", ["CToml"]),
        shim("COpenSSL", ["CRecords", "CLinux"], links: ["ssl", "crypto"]),
        shim("CCrypto", links: ["crypto", "crypt"]),
        module("Protection", ["CCrypto"]),
        shim("CLinux"),
        shim("CAres", links: ["cares"]),
        module("TLS", ["COpenSSL", "CRecords"]),
        module("HTTP2", ["HTTP"]),
        module("EventLoop", ["CLinux"]),
        module("Buffers"),
        module("Transport", ["TLS", "EventLoop", "Buffers", "CLinux", "CAres"]),
        module("Messages", ["Transport", "TLS", "EventLoop", "Buffers", "HTTP2", "HTTP"]),
        target("RequestHeadTarget", "HTTP"),
        target("ResponseHeadTarget", "HTTP"),
        target("ChunkedTarget", "HTTP"),
        target("ForwardedTarget", "HTTP"),
        target("TargetPathTarget", "HTTP"),
        target("ConfigurationTarget", "Configuration"),
        target("RecordsTarget", "CRecords"),
        target("FieldSectionsTarget", "HTTP2", "OtherReader"),
        target("JSONTextTarget", "Protection", "OtherReader"),
        target("WebTokenTarget", "Protection"),
        target("CredentialsTarget", "Protection"),
        target("FramesTarget", "Messages", "Transport", "EventLoop", "Buffers", "HTTP2", "HTTP"),
    ],
    cxxLanguageStandard: .cxx17
)
