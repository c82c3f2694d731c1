// swift-tools-version: 6.2
import PackageDescription

// Built by scripts/bench-micro alone, from the gateway's sources and with its release settings: it counts every allocation of the
// process, which the gateway's own build should not.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .strictMemorySafety(),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Gatehouse/\(name)", swiftSettings: settings)
}
func shim(_ name: String, _ dependencies: [Target.Dependency] = [], links libraries: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Gatehouse/\(name)",
        linkerSettings: libraries.map { .linkedLibrary($0) })
}

let package = Package(
    name: "micro",
    dependencies: [.package(url: "https://github.com/apple/swift-log", from: "1.16.2")],
    targets: [
        .target(name: "CCount"),
        shim("CRecords", links: ["crypto"]),
        shim("COpenSSL", ["CRecords", "CLinux"], links: ["ssl", "crypto"]),
        shim("CCrypto", links: ["crypto", "crypt"]),
        shim("CLinux"),
        shim("CAres", links: ["cares"]),
        shim("CZlib", links: ["z"]),
        shim("CBrotli", links: ["brotlienc"]),
        shim("CZstd", links: ["zstd"]),
        shim("CToml"),
        shim("CRE2", links: ["re2"]),
        module("HTTP"),
        module("WebSocket", ["CCrypto"]),
        module("Configuration", ["CToml"]),
        module("Expressions", ["CRE2"]),
        module("Protection", ["CCrypto"]),
        module("TLS", ["COpenSSL", "CRecords"]),
        module("HTTP2", ["HTTP"]),
        module("ContentCodings", ["HTTP", "CZlib", "CBrotli", "CZstd"]),
        module("EventLoop", ["CLinux"]),
        module("Buffers"),
        module("Transport", ["TLS", "EventLoop", "Buffers", "CLinux", "CAres"]),
        module("Messages", ["Transport", "TLS", "EventLoop", "Buffers", "HTTP2", "HTTP"]),
        module("Upstreams", ["Messages", "Transport", "TLS", "EventLoop", "Buffers", "HTTP2", "HTTP", "WebSocket", "CCrypto"]),
        module("StaticFiles", ["ContentCodings", "EventLoop", "HTTP", "CLinux"]),
        module(
            "ACME",
            [
                "Messages", "Transport", "TLS", "EventLoop", "Buffers", "HTTP", "CLinux",
                .product(name: "Logging", package: "swift-log"),
            ]),
        module(
            "Gateway",
            [
                "Upstreams", "Messages", "StaticFiles", "ACME", "Transport", "TLS", "EventLoop", "Buffers", "HTTP2", "HTTP",
                "ContentCodings", "WebSocket", "Protection", "Configuration", "Expressions",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .executableTarget(
            name: "micro",
            dependencies: ["Gateway", "Upstreams", "Configuration", "HTTP", "WebSocket", "EventLoop", "CCount"],
            swiftSettings: settings),
    ],
    cxxLanguageStandard: .cxx17
)
