#!/usr/bin/env bash
# Guess: a Swift program that root starts and that calls setuid(2), which glibc carries out on every thread, is that user's as a
# whole.
# What happens: if its `main` is async, its first thread stays root's for ever. The runtime hands it to dispatch_main(3), which on
#   Linux calls pthread_exit in it and catches it in a destructor that never returns: glibc takes it for gone, and leaves it out.
#   A first thread that waits in code of its own changes with the others.
# Why it matters to a gateway: it binds port 443 as root and gives that up. ps(1) and kill(2) go by the first thread, and whoever
#   gets into the process finds a thread of root's in it.
set -euo pipefail
[[ $EUID -eq 0 ]] || { echo 'root alone can see this' && exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >drop.swift <<'SWIFT'
import Glibc

/// The first number behind "Uid:" in a file of proc(5).
func user(_ path: String) -> String {
    let file = fopen(path, "r")
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, 256, file) != nil {
        let words = String(cString: line).split { $0 == "\t" || $0 == "\n" }
        if words.first == "Uid:" { return String(words[1]) }
    }
    return "?"
}

@main struct Drop {
    static func drop() -> Never {
        guard setgid(65534) == 0, setuid(65534) == 0 else { fatalError("setuid") }
        print("this thread: \(user("/proc/thread-self/status")), the first one: \(user("/proc/self/task/\(getpid())/status"))")
        exit(0)
    }

    #if ASYNC
    static func main() async {
        try? await Task.sleep(for: .milliseconds(1))
        drop()
    }
    #else
    static func main() {
        Task.detached { drop() }
        while true { pause() }
    }
    #endif
}
SWIFT
# Seen with Swift 6.3.1 and glibc 2.36; another Swift is another finding.
version=$(swiftc --version 2>/dev/null | head -n 1)
echo "$version, $(getconf GNU_LIBC_VERSION)"
[[ $version == *'Swift version 6.3.1 '* ]] || { echo 'not the version that this was seen with' && exit 1; }
seen=()
for kind in ASYNC WAITING; do
    swiftc -swift-version 5 -parse-as-library -D "$kind" -o "$kind" drop.swift
    said=$(./"$kind")
    echo "$kind: $said"
    seen+=("${said##*: }")
done
[[ "${seen[*]}" == "0 65534" ]]
