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
    .unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library", "-O"]),
]
func target(_ name: String, _ module: String) -> Target {
    .executableTarget(
        name: name, dependencies: ["CFuzzer", .byName(name: module)], path: "Sources/\(name)", swiftSettings: fuzzed,
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])])
}

let package = Package(
    name: "fuzz",
    targets: [
        .target(name: "CFuzzer"),
        .target(name: "HTTP", path: "Gatehouse/HTTP", swiftSettings: fuzzed),
        .target(name: "CToml", path: "Gatehouse/CToml", cxxSettings: [.unsafeFlags(["-fsanitize=address"])]),
        .target(
            name: "CRecords", path: "Gatehouse/CRecords",
            cSettings: [.unsafeFlags(["-fsanitize=fuzzer-no-link,address"])], linkerSettings: [.linkedLibrary("crypto")]),
        .target(name: "Configuration", dependencies: ["CToml"], path: "Gatehouse/Configuration", swiftSettings: fuzzed),
        target("RequestHeadTarget", "HTTP"),
        target("ResponseHeadTarget", "HTTP"),
        target("ChunkedTarget", "HTTP"),
        target("ForwardedTarget", "HTTP"),
        target("TargetPathTarget", "HTTP"),
        target("ConfigurationTarget", "Configuration"),
        target("RecordsTarget", "CRecords"),
    ],
    cxxLanguageStandard: .cxx17
)
