// swift-tools-version: 6.2
import PackageDescription

// Built by scripts/bench-picks alone, from the gateway's sources and with its release settings: it counts every allocation of the
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
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Gatehouse/\(name)", swiftSettings: settings)
}
func shim(_ name: String, links libraries: [String] = []) -> Target {
    .target(name: name, path: "Gatehouse/\(name)", linkerSettings: libraries.map { .linkedLibrary($0) })
}

let package = Package(
    name: "picks",
    targets: [
        .target(name: "CCount"),
        shim("COpenSSL", links: ["ssl", "crypto"]),
        shim("CLinux"),
        shim("CAres", links: ["cares"]),
        module("HTTP", []),
        module("TLS", ["COpenSSL"]),
        module("EventLoop", ["CLinux"]),
        module("Transport", ["TLS", "EventLoop", "CLinux", "CAres"]),
        module("HTTP1", ["Transport", "HTTP"]),
        module("Upstreams", ["HTTP1", "Transport", "TLS", "EventLoop", "HTTP"]),
        .executableTarget(name: "picks", dependencies: ["Upstreams", "CCount", "HTTP", "EventLoop"], swiftSettings: settings),
    ]
)
