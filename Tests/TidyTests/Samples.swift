/// Bad and good samples of every rule. They are string literals, which no rule takes for code; rules about words in any text
/// leave out this folder.
enum Samples {
    static let all = size + safety + imports + names + documentation + tests + text

    private static let source = "Sources/HTTP/A.swift"
    private static let shim = "CShims/CLinux/CLinux.c"

    private static func lines(_ count: Int, _ line: String = "let a = 1\n") -> String { String(repeating: line, count: count) }

    private static let size = [
        Sample("file-length", source, lines(400)),
        Sample("file-length", source, lines(401), [401]),
        Sample("file-length", "CShims/CLinux/CLinux.c", lines(401, "int a;\n"), [401]),
        Sample("file-length", "docs/long.md", lines(401)),
        Sample("file-length", "scripts/a", "#!/usr/bin/env python3\n" + lines(399, "a = 1\n")),
        Sample("file-length", "scripts/a", "#!/usr/bin/env python3\n" + lines(400, "a = 1\n"), [401]),
        Sample("file-length", "Benchmarks/a/b.py", lines(401, "a = 1\n"), [401]),
        Sample("function-length", source, "func a() {\n" + lines(68) + "}\n"),
        Sample("function-length", source, "\nfunc a() {\n" + lines(69) + "}\n", [2]),
        Sample("function-length", source, "struct S {\n" + lines(80) + "}\n"),
        Sample("function-length", source, "func a() -> String {\n\"\"\"\n" + lines(70, "}\n") + "\"\"\"\n}\n", [1]),
        Sample("function-length", shim, "int a(void) {\n" + lines(68, "b();\n") + "}\n"),
        Sample("function-length", shim, "\nstatic int\na(int b,\n  int c) {\n" + lines(67, "b();\n") + "}\n", [2]),
        Sample(
            "function-length", shim, "extern \"C\" {\nnamespace {\nvoid a() noexcept {\n" + lines(69, "b();\n") + "}\n}\n}", [3]),
        Sample(
            "function-length", shim,
            "struct a {\n" + lines(80, "int b;\n") + "};\nstatic const int c[] = {\n" + lines(80, "1,\n") + "};\n"),
        Sample(
            "function-length", shim,
            "#define a(b) { \\\n {\nint c(void) { return '{' + \"{\"[0]; } // {\n/* { */\n" + lines(80, "int b;\n")
                + "int d(void) {\n}\n"),
        Sample("function-length", shim, "void a(void) {\nif (b) {\n" + lines(40) + "}\nfor (;;) {\n" + lines(40) + "}\n}\n", [1]),
        Sample("line-length", source, String(repeating: "a", count: 130)),
        Sample("line-length", source, "\n" + String(repeating: "a", count: 131), [2]),
        Sample("line-length", source, String(repeating: "é", count: 130)),
        Sample("line-length", "scripts/a", "#!/bin/bash\n" + lines(1, String(repeating: "a", count: 131)), [2]),
    ]

    private static let safety = [
        Sample(
            "unsafe-room", source, "let a = unsafe b\nfunc f(_ p: UnsafeRawPointer) {}\nc.withUnsafeBytes { _ in }", [1, 2, 3]),
        Sample("unsafe-room", source, "let p: OpaquePointer? // unsafe", [1]),
        Sample("unsafe-room", source, "let a = \"unsafe\" // UnsafePointer\nnonisolated(unsafe) let b = 1"),
        Sample("unsafe-room", "Sources/HTTP/Bytes.swift", "let a = unsafe b"),
        Sample("unsafe-room", "Sources/EventLoop/Loop.swift", "let a = unsafe b"),
        Sample("unsafe-room", "Tests/HTTPTests/A.swift", "let a = unsafe b"),
        Sample("unchecked", source, "final class A: @unchecked Sendable {}\nnonisolated(unsafe) var a = 1", [1, 2]),
        Sample("unchecked", "Tests/HTTPTests/A.swift", "struct A: @unchecked Sendable {}", [1]),
        Sample("unchecked", source, "nonisolated let a = 1 // @unchecked\nfinal class A: Sendable {}"),
        Sample("unchecked", "Sources/EventLoop/Loop.swift", "final class A: @unchecked Sendable {}"),
        Sample("unchecked", "Sources/HTTP/Bytes.swift", "nonisolated(unsafe) let a: B\nnonisolated(unsafe) var c: B", [2]),
        Sample("force", source, "let a = try! b()\nlet c = d as! E\nf!.g()\nh()!\ni[0]!\nvar j: K!", [1, 2, 3, 4, 5, 6]),
        Sample("force", source, "\"\\(a!)\"", [1]),
        Sample("force", source, "a != b; a!=b; if !c {}; (!d); try? e(); f as? G // h!\n\"i!\"\n#if !os(Linux)\n#endif"),
        Sample("force", "Tests/HTTPTests/A.swift", "let a = try! b()!"),
        Sample(
            "header-macro", "CShims/CLinux/include/CLinux.h", "#pragma once\n#define _GNU_SOURCE\n#  define _FILE_OFFSET_BITS 64",
            [2, 3]),
        Sample("header-macro", "CShims/CLinux/include/CLinux.h", "#define CLINUX_SOURCE_H 1\n// #define comes in the .c"),
        Sample("header-macro", "CShims/CLinux/CLinux.c", "#define _GNU_SOURCE"),
    ]

    private static let imports = [
        Sample("import", source, "import Synchronization\nimport Gateway", [2]),
        Sample("import", source, "@testable import struct EventLoop.Loop", [1]),
        Sample("import", "Sources/Gateway/A.swift", "import HTTP\npackage import EventLoop\nimport Logging\nimport Glibc"),
        Sample("import", "Sources/Gateway/A.swift", "import CLinux\nimport Atomics", [1, 2]),
        Sample("import", source, "import Dispatch", [1]),
        Sample("import", "Sources/Gateway/A.swift", "import Dispatch"),
        Sample("import", "Sources/Strange/A.swift", "let a = 1", [1]),
        Sample("import", source, "// import Gateway\nlet a = \"import Gateway\"\nself.import(b)"),
        Sample("foundation", source, "import Foundation\nimport FoundationEssentials", [1, 2]),
        Sample("foundation", "Sources/Gateway/A.swift", "import FoundationNetworking", [1]),
        Sample("foundation", "Sources/Gateway/A.swift", "import FoundationEssentials"),
        Sample("foundation", "Tests/HTTPTests/A.swift", "import Foundation"),
        Sample(
            "version", "Sources/Gateway/A.swift", "let a: Inflow\nf(Outflow())\nlet b: HTTP1Client?\nHTTP2Session.c",
            [1, 2, 3, 4]),
        Sample("version", "Sources/Upstreams/Policy/A.swift", "import Messages\nvar a: [Inflow]", [2]),
        Sample("version", "Sources/Gateway/Client/HTTP1Client.swift", "let a: Inflow; let b: HTTP1Session"),
        Sample("version", "Sources/Upstreams/HTTP2Upstream.swift", "let a: HTTP2Session"),
        Sample("version", "Sources/Messages/A.swift", "let a: Inflow"),
        Sample("version", "Sources/Gateway/A.swift", "let inflow: BodySource // an Inflow\nlet b = \"HTTP1\"; f(.http2Settings)"),
    ]

    private static let names = [
        Sample("empty-name", "Sources/HTTP/ByteUtils.swift", "let a = 1", [1]),
        Sample("empty-name", "Sources/Common/A.swift", "let a = 1", [1]),
        Sample("empty-name", source, "\nfinal class PoolManager {}\nenum Helpers {}", [2, 3]),
        Sample("empty-name", source, "struct CommonName {}\nclass func manager() {}\nactor Managerial {}\n// class Manager"),
        Sample("empty-name", "Sources/Gateway/CommonLogLine.swift", "let a = 1"),
    ]

    private static let documentation = [
        Sample("doc-comment", source, "package func a() {}\n\npublic final class B {}\n// c\npackage struct C {}", [1, 3, 5]),
        Sample("doc-comment", source, "package static func a() {}\npackage nonisolated(nonsending) func b() {}", [1, 2]),
        Sample("doc-comment", source, "/// A.\n@inlinable @available(x, *)\npackage func a() {}\n/** B. */\npackage enum B {}"),
        Sample(
            "doc-comment", source,
            "func a() {}\npackage init() {}\npackage let b = 1\npackage static func == (a: A, b: A) -> Bool {}"),
        Sample("doc-comment", source, "let a = 1\n@inlinable\npackage func b() {}", [3]),
        Sample("doc-comment", "Tests/HTTPTests/A.swift", "package func a() {}"),
        Sample("dead-file", source, "import Glibc\n// let a = 1\n", [1]),
        Sample("dead-file", "Tests/HTTPTests/A.swift", "import Testing", [1]),
        Sample("dead-file", source, "extension A {}"),
    ]

    private static let tests = [
        Sample("print", source, "print(a)\nfoo { debugPrint(b) }", [1, 2]),
        Sample("print", "Sources/gatehouse/Gatehouse.swift", "print(a)"),
        Sample("print", "Benchmarks/a/main.swift", "print(a)"),
        Sample("print", source, "a.print(b)\nfunc print(c: Int) {}\n// print(d)\nlet print = 1"),
        Sample(
            "sleep", "Tests/HTTPTests/A.swift", "try await Task.sleep(for: a)\nusleep(1)\nrun(\"a; sleep 1\")", [1, 2, 3]),
        Sample("sleep", "Tests/Fixtures/slow.sh", "#!/bin/bash\nsleep 5", [2]),
        Sample("sleep", "Tests/Fixtures/peer.py", "import time\ntime.sleep(delay)", [2]),
        Sample("sleep", "Tests/HTTPTests/A.swift", "// it may sleep 1 s\nlet sleep = 1\nlet a = \"asleep 1\""),
        Sample("sleep", "Tests/HTTPTests/A.swift", "alarm.sleep(timeout: 1) { _ in ring() }"),
        Sample("sleep", source, "sleep(1)"),
    ]

    private static let text = [
        Sample("leftover", source, "// TODO: later\nlet a = \"FIXME\"", [1, 2]),
        Sample("leftover", "docs/a.md", "XXX", [1]),
        Sample("leftover", source, "mktemp -t aXXXXXX\n// a todo is a word\nlet TODOS = 1"),
        Sample("script", "scripts/a", "#!/usr/bin/env bash\necho", [2]),
        Sample("script", "scripts/a", "echo", [1]),
        Sample("script", "scripts/a", "#!/usr/bin/env bash\n# Why.\nset -euo pipefail\necho"),
        Sample("script", "scripts/load/peer.py", "#!/usr/bin/env python3\n"),
        Sample("script", "scripts/nginx.conf", "events {}"),
    ]
}
