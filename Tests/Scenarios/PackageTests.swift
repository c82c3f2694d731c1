import Foundation
import Glibc
import TestSupport
import Testing

/// What `scripts/package` makes, used as its users use it.
@Suite("What is shipped")
struct PackageTests {
    /// May this process make a copy of the system that it throws away?
    static let canMakeRoots: Bool = {
        let needed = ["/usr/bin/dpkg-deb", "/usr/bin/dpkg-shlibdeps", "/usr/bin/systemd-analyze", "/usr/sbin/ip"]
        return getuid() == 0 && needed.allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    private func inScratchRoot(_ arguments: [String]) async throws -> Command.Outcome {
        try await Command.run(Place.peer("scratch_root.sh"), arguments, within: Place.longPatience)
    }

    /// Some containers allow no overlays.
    private func isAllowed() async throws -> Bool {
        let directory = try TemporaryDirectory()
        return try await inScratchRoot([try directory.write("nothing", "true")]).exit == .code(0)
    }

    private func make(_ arguments: [String]) async throws -> String {
        // To compress a debug build takes long on a machine that does much else.
        let outcome = try await Command.run(
            Place.root + "scripts/package", ["--binary", Place.gatehouse] + arguments,
            environment: ["DPKG_DEB_COMPRESSOR_TYPE": "none"], within: Place.longPatience)
        try #require(outcome.exit == .code(0), "\(outcome)")
        return outcome.text.trimmingCharacters(in: .newlines)
    }

    @Test(
        "the package installs, serves a page as its unit says, rotates its logs, and is removed cleanly",
        .enabled(if: canMakeRoots))
    func package() async throws {
        guard try await isAllowed() else { return }
        let directory = try TemporaryDirectory()
        let package = try await make(["--output", directory.path])
        let about = try await Command.run("dpkg-deb", ["--field", package, "Depends"])
        for library in ["libssl3", "libc-ares2", "zlib1g"] {
            #expect(about.text.contains(library), "\(about)")
        }
        let outcome = try await inScratchRoot([Place.peer("try_package.sh"), package])
        #expect(outcome.exit == .code(0), "\(outcome)")
        let steps = outcome.text.split(separator: "\n").filter { $0.hasPrefix("ok: ") }
        #expect(steps.count == 6, "\(outcome)")
    }

    @Test(
        "a booted systemd starts, reloads, restarts, watches, replaces and stops it, by its package's units",
        .enabled(if: canMakeRoots),
        .disabled(if: Place.isSanitized, "the unit leaves a sanitizer's reports no folder"))
    func booted() async throws {
        guard try await isAllowed() else { return }
        let directory = try TemporaryDirectory()
        let package = try await make(["--output", directory.path])
        let outcome = try await inScratchRoot([Place.peer("try_systemd.sh"), package])
        // Some containers allow no control groups.
        if outcome.exit == .code(77) { return }
        #expect(outcome.exit == .code(0), "\(outcome)")
        #expect(outcome.text.split(separator: "\n").count { $0.hasPrefix("ok: ") } == 8, "\(outcome)")
    }

    @Test(
        "the files of the image serve by themselves: no shell, no other program, not root", .enabled(if: canMakeRoots),
        .disabled(if: Place.isSanitized, "a sanitizer's reports have no folder in the image"))
    func image() async throws {
        guard try await isAllowed() else { return }
        let directory = try TemporaryDirectory()
        _ = try await make(["--image", directory.path + "/image"])
        let root = directory.path + "/image/root"
        let files = try FileManager.default.subpathsOfDirectory(atPath: root)
        #expect(files.contains("usr/bin/gatehouse") && !files.contains { $0.hasSuffix("bin/sh") || $0.hasSuffix("bin/bash") })
        let recipe = try String(contentsOfFile: directory.path + "/image/Containerfile", encoding: .utf8)
        let user = try #require(recipe.firstMatch(of: /(?m)^USER (\d+):(\d+)$/))
        #expect(user.1 != "0" && user.2 != "0")
        #expect(recipe.contains("\nCOPY --chown=\(user.1):\(user.2) own/ /\n"))
        let variable = try #require(recipe.firstMatch(of: /(?m)^ENV (RUNTIME_DIRECTORY=\S+)$/))
        let script = try directory.write(
            "serve.sh",
            """
            set -euo pipefail
            mount -t tmpfs none /mnt && cp -a \(root)/. /mnt
            cp -a \(directory.path)/image/own/. /mnt && chown -R \(user.1):\(user.2) /mnt/run
            export \(variable.1)
            ! chroot /mnt /usr/bin/gatehouse check /etc/gatehouse/gatehouse.toml 2>&1
            mkdir /mnt/proc && mount -t proc proc /mnt/proc
            chroot --userspec=\(user.1):\(user.2) /mnt /usr/bin/gatehouse run -c /etc/gatehouse/gatehouse.toml &
            curl -sS --retry 60 --retry-connrefused --retry-delay 1 --noproxy '*' http://127.0.0.1:8080/
            chroot --userspec=\(user.1):\(user.2) /mnt /usr/bin/gatehouse reload
            kill $!
            wait $!
            """)
        let outcome = try await inScratchRoot([script])
        #expect(outcome.exit == .code(0) && outcome.text.contains("Gatehouse runs"), "\(outcome)")
        // Without the file system that has a program's arguments nothing is served by mistake.
        #expect(outcome.text.contains("its arguments cannot be read: /proc is not mounted"), "\(outcome)")
        // As "docker exec" has it asked.
        #expect(outcome.text.contains("reloaded: generation 2"), "\(outcome)")
    }

    @Test(
        "the unit says Type=notify-reload where systemd knows it; a reload's outcome is the command's, which the manager awaits")
    func unit() async throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/systemctl") else { return }
        let outcome = try await Command.run(Place.root + "scripts/package", ["--unit"])
        #expect(outcome.exit == .code(0))
        let isNew = outcome.text.contains("\nType=notify-reload\n")
        #expect(isNew != outcome.text.contains("\nType=notify\n"), "\(outcome)")
        // The manager's own signal would be a second reload.
        #expect(isNew == outcome.text.contains("\nReloadSignal=SIGUSR1\n"), "\(outcome)")
        for line in [
            "ExecReload=/usr/bin/gatehouse reload", "FileDescriptorStoreMax=1024", "Environment=FDSTORE=1024",
            "User=gatehouse", "AmbientCapabilities=CAP_NET_BIND_SERVICE", "ProtectSystem=strict", "NoNewPrivileges=yes",
        ] {
            #expect(outcome.text.contains("\n\(line)\n"), "\(line)")
        }
    }

    /// libseccomp comes with systemd.
    private static let canFilter: Bool = {
        let libraries = ["/usr/lib/x86_64-linux-gnu/libseccomp.so.2", "/usr/lib/aarch64-linux-gnu/libseccomp.so.2"]
        return getuid() == 0 && libraries.contains { FileManager.default.fileExists(atPath: $0) }
            && FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze") && !Place.isSanitized
    }()

    @Test("it serves, reloads, is replaced and stops with the system calls that the unit leaves it", .enabled(if: canFilter))
    func systemCalls() async throws {
        let (directory, certificates, port) = try (TemporaryDirectory(), await Certificates.ready(), FreePort())
        let unit = try await Command.run(Place.root + "scripts/package", ["--unit"])
        let unitFile = try directory.write("gatehouse.service", unit.text)
        let upstream = try Upstream.saying("app")
        let access = "[logging]\naccess_log = \"\(directory.path)/access.log\"\n[recorder]\nexchanges = 10\n"
        let toml = access + Sites.proxy(port, to: "http://localhost:\(upstream)", ssl: certificates.ssl())
        let file = try directory.write("gatehouse.toml", toml)
        func isRefused() async throws -> Bool {
            let command = [Place.peer("with_unit_filter.py"), unitFile, "/bin/mount", "-t", "tmpfs", "none", "/nowhere"]
            return try await Command.run(Place.python, command).exit == .signal(SIGSYS)
        }
        #expect(try await isRefused(), "the filter lets through what it should not")
        let process = try ChildProcess(
            Place.python, [Place.peer("with_unit_filter.py"), unitFile, Place.gatehouse, "run", "-c", file],
            environment: ["RUNTIME_DIRECTORY": directory.path + "/run", "STATE_DIRECTORY": directory.path + "/state"])
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
        for version in ["--http1.1", "--http2"] {
            let answer = try await Command.run(
                "curl", ["-sS", version, "--noproxy", "*", "--cacert", certificates.authority, "https://localhost:\(port)/"])
            #expect(answer.text == "app", "\(answer)")
        }
        process.signal(SIGHUP)
        _ = try await process.errors.first { $0.contains(": reloaded ") }
        process.signal(SIGUSR2)
        _ = try await process.errors.first { $0.contains(": the flight recorder is written ") }
        let asked = try await Command.run(
            Place.gatehouse, ["upgrade"], environment: ["RUNTIME_DIRECTORY": directory.path + "/run"])
        #expect(asked.code == 0, "\(asked)")
        let upgraded = try await process.errors.first { $0.contains(": upgraded: ") }
        let successor = try #require(upgraded.firstMatch(of: /successor=(\d+)/).flatMap { pid_t($0.1) })
        kill(successor, SIGTERM)
        // Both have the same standard error: its end is theirs.
        #expect(try await process.exit() == .code(0))
        #expect(process.errors.all.count { $0.hasSuffix(": stopped") } == 2)
    }
}
