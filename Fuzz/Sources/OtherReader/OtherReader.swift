import Glibc

/// A Python process that reads the same in another way: it answers each line with a line.
public struct OtherReader: Sendable {
    private let input: Int32
    private let output: Int32

    /// - Parameters:
    ///   - script: from the repository's root.
    ///   - word: what it is asked to do.
    public init(_ script: String, _ word: String) {
        var (down, up): ([Int32], [Int32]) = ([0, 0], [0, 0])
        precondition(unsafe pipe(&down) == 0 && pipe(&up) == 0)
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawn_file_actions_adddup2(&actions, down[0], 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, up[1], 1)
        // Else it would never see its input end.
        for end in [down[1], up[0]] { unsafe posix_spawn_file_actions_addclose(&actions, end) }
        let words = [".build-venv/bin/python", script, word]
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        var child: pid_t = 0
        let result = unsafe posix_spawn(&child, words[0], &actions, nil, &arguments, environ)
        for argument in unsafe arguments { unsafe free(argument) }
        unsafe posix_spawn_file_actions_destroy(&actions)
        precondition(result == 0, "no Python: run scripts/install-tools test first, and this by scripts/fuzz")
        close(down[0])
        close(up[1])
        (input, output) = (down[1], up[0])
    }

    /// - Parameter line: without its end.
    /// - Returns: without its end.
    public func answer(to line: String) -> String {
        var line = Array((line + "\n").utf8)[...]
        while !line.isEmpty {
            line = line.dropFirst(moved { unsafe line.withUnsafeBytes { unsafe write(input, $0.baseAddress, $0.count) } })
        }
        var answer: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 65_536)
        while answer.last != 0x0A {
            answer += room[..<moved { unsafe read(output, &room, room.count) }]
        }
        return String(decoding: answer.dropLast(), as: UTF8.self)
    }

    /// libFuzzer's timer interrupts calls.
    private func moved(_ call: () -> Int) -> Int {
        while true {
            let count = call()
            if count > 0 { return count }
            precondition(count < 0 && errno == EINTR, "Python has ended")
        }
    }
}

private let digits = Array("0123456789abcdef".unicodeScalars)

/// Two digits a byte.
public func hexadecimal(_ bytes: Span<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for index in bytes.indices {
        text.append(digits[Int(bytes[index] >> 4)])
        text.append(digits[Int(bytes[index] & 15)])
    }
    return String(text)
}
