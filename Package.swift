// swift-tools-version: 6.2
import PackageDescription

/// One list for every Swift target: what the compiler must prove and refuse.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    // Release only, for the hot path: what is `public` and small or generic is optimised together with the modules that use it;
    // what is `package` is not (price 11 of docs/swift-prices.md). Exclusive access stays checked at run time: it has found a
    // real fault, and a stopped process is better than corrupted memory.
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

/// A module of Gatehouse; `floor` documents its place, `dependencies` are the only modules it may import.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A C target: only what Swift cannot import (macros, variadics, C++), and OpenSSL's BIO.
func shim(_ name: String, _ dependencies: [Target.Dependency] = [], links libraries: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "CShims/\(name)",
        linkerSettings: libraries.map { .linkedLibrary($0) })
}

func tests(of name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "gatehouse",
    products: [.executable(name: "gatehouse", targets: ["gatehouse"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // C, below
        shim("CRecords", links: ["crypto"]),
        shim("CLinux"),
        // C
        shim("COpenSSL", ["CRecords", "CLinux"], links: ["ssl", "crypto"]),
        shim("CCrypto", links: ["crypto", "crypt"]),
        shim("CAres", links: ["cares"]),
        shim("CZlib", links: ["z"]),
        shim("CBrotli", links: ["brotlienc"]),
        shim("CZstd", links: ["zstd"]),
        shim("CToml"),
        shim("CRE2", links: ["re2"]),
        // Floor 0: bytes and text in, values out; no socket, no clock.
        module("HTTP"),
        module("WebSocket", ["CCrypto"]),
        module("Configuration", ["CToml"]),
        module("Expressions", ["CRE2"]),
        module("Protection", ["CCrypto"]),
        // Floor 1: the two engines, the buffers between them, and what HTTP/2 adds to HTTP; none knows another.
        module("TLS", ["COpenSSL", "CRecords"]),
        module("HTTP2", ["HTTP"]),
        module("ContentCodings", ["HTTP", "CZlib", "CBrotli", "CZstd"]),
        module("EventLoop", ["CLinux"]),
        module("Buffers"),
        // Floor 2: bytes between sockets, plain or TLS.
        module("Transport", ["TLS", "EventLoop", "Buffers", "CLinux", "CAres"]),
        // Floor 3: messages over streams.
        module("Messages", ["Transport", "TLS", "EventLoop", "Buffers", "HTTP2", "HTTP"]),
        // Floor 4: where answers come from.
        module("Upstreams", ["Messages", "Transport", "TLS", "EventLoop", "Buffers", "HTTP2", "HTTP", "WebSocket", "CCrypto"]),
        module("StaticFiles", ["ContentCodings", "EventLoop", "HTTP", "CLinux"]),
        module(
            "ACME",
            [
                "Messages", "Transport", "TLS", "EventLoop", "Buffers", "HTTP", "CLinux",
                .product(name: "Logging", package: "swift-log"),
            ]),
        // Floor 5: the request's way, and beside it what several gateways agree on.
        module(
            "Fleet",
            [
                "ACME", "Messages", "Transport", "TLS", "EventLoop", "Buffers", "HTTP", "Protection", "CCrypto",
                .product(name: "Logging", package: "swift-log"),
            ]),
        module(
            "Gateway",
            [
                "Upstreams", "Messages", "StaticFiles", "ACME", "Transport", "TLS", "EventLoop", "Buffers", "HTTP2", "HTTP",
                "ContentCodings", "WebSocket", "Protection", "Configuration", "Expressions",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "Demo", dependencies: ["Messages", "Transport", "EventLoop", "Buffers", "HTTP", "WebSocket"],
            resources: [.embedInCode("Page/chat.html")], swiftSettings: settings),
        .target(
            name: "Dashboard",
            resources: [
                "dashboard.html", "dashboard.css", "elements.js", "plots.js", "lists.js", "state.js", "figures.js", "tables.js",
                "dashboard.js",
            ].map { .embedInCode("Page/\($0)") }, swiftSettings: settings),
        // Floor 6: the command.
        .executableTarget(
            name: "gatehouse",
            dependencies: [
                "Gateway", "Fleet", "Demo", "Dashboard", "ACME", "Configuration", "Messages", "EventLoop", "Transport", "TLS",
                "Buffers", "HTTP",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: settings),
        // Tests
        tests(of: "HTTPTests", ["HTTP"]),
        .testTarget(
            name: "HTTP2Tests", dependencies: ["HTTP2", "HTTP", "TestSupport"], exclude: ["Python"], swiftSettings: settings),
        tests(of: "WebSocketTests", ["WebSocket"]),
        .testTarget(
            name: "ConfigurationTests", dependencies: ["Configuration"], exclude: ["Fixtures"], swiftSettings: settings),
        .testTarget(
            name: "ProtectionTests", dependencies: ["Protection", "TestSupport"], exclude: ["Fixtures", "Python"],
            swiftSettings: settings),
        tests(of: "ExpressionsTests", ["Expressions"]),
        tests(of: "StaticFilesTests", ["StaticFiles"]),
        tests(of: "ContentCodingsTests", ["ContentCodings", "HTTP", "TestSupport"]),
        .target(name: "LoopTesting", dependencies: ["EventLoop"], path: "Tests/LoopTesting", swiftSettings: settings),
        tests(of: "EventLoopTests", ["EventLoop", "LoopTesting", "TestSupport"]),
        tests(of: "BuffersTests", ["Buffers"]),
        tests(of: "TransportTests", ["Transport", "TLS", "COpenSSL", "CRecords", "EventLoop", "Buffers", "LoopTesting"]),
        tests(
            of: "MessagesTests",
            ["Messages", "Transport", "TLS", "EventLoop", "Buffers", "HTTP", "HTTP2", "LoopTesting", "TestSupport"]),
        tests(of: "RecordsTests", ["CRecords"]),
        tests(of: "ConformanceTests", ["gatehouse", "Configuration", "HTTP", "TLS", "CLinux"]),
        .target(name: "RunningDemo", path: "Tests/RunningDemo", swiftSettings: settings),
        .testTarget(
            name: "DemoTests", dependencies: ["RunningDemo", "gatehouse"], exclude: ["Python"], swiftSettings: settings),
        tests(of: "DocsTests", ["RunningDemo", "gatehouse"]),
        tests(of: "UpstreamsTests", ["Upstreams", "Messages", "Transport", "EventLoop", "Buffers", "HTTP"]),
        tests(
            of: "GatewayLogicTests",
            [
                "Gateway", "Upstreams", "StaticFiles", "Messages", "Transport", "EventLoop", "Buffers", "HTTP", "WebSocket",
                "Protection", "Configuration", "ACME", "TLS", "LoopTesting", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]),
        tests(of: "ACMETests", ["ACME", "TLS", "EventLoop", "Buffers", "HTTP", "LoopTesting", "TestSupport"]),
        tests(
            of: "FleetTests",
            [
                "Fleet", "ACME", "EventLoop", "Protection", "LoopTesting", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]),
        tests(of: "AnswerTests", ["Gateway", "StaticFiles", "HTTP"]),
        // Optimised: they read all of the repository, for each rule anew.
        .testTarget(
            name: "TidyTests", dependencies: [],
            swiftSettings: settings + [.unsafeFlags(["-O"], .when(configuration: .debug))]),
        .target(
            name: "TestSupport", dependencies: ["CLinux"], path: "Tests/Support", exclude: ["Peers"], swiftSettings: settings),
        tests(of: "GatewayTests", ["TestSupport", "gatehouse"]),
        tests(of: "Scenarios", ["TestSupport", "gatehouse"]),
        // Its servers run applications of their own languages, found by their path beside the tests.
        .testTarget(
            name: "AppServerTests", dependencies: ["TestSupport", "gatehouse"], exclude: ["Apps"], swiftSettings: settings),
        // Its peers are Python programs, found by their path beside the tests.
        .testTarget(
            name: "RelayTests", dependencies: ["gatehouse", "TestSupport"], exclude: ["Peers"], swiftSettings: settings),
        // Beside the house, as tests are: what single steps cost, which scripts/bench-micro builds. It counts every allocation of
        // its process, which the gateway should not.
        .target(name: "CCount", path: "Benchmarks/CCount"),
        .executableTarget(
            name: "micro",
            dependencies: ["Gateway", "Upstreams", "Configuration", "HTTP", "WebSocket", "EventLoop", "CCount"],
            path: "Benchmarks/micro", swiftSettings: settings),
    ],
    cxxLanguageStandard: .cxx17
)
