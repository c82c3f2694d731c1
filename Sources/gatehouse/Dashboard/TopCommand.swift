import ArgumentParser
import EventLoop
import FoundationEssentials
import Glibc

/// `gatehouse top`
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "What a running gateway does, drawn anew each second.",
        usage: "gatehouse top [--once] [--socket FILE]",
        discussion: """
            Traffic and latency of the last second, upstream servers, sites and routes,
            recent errors, certificates: what the dashboard shows, in a terminal of 80
            columns or more. q or Ctrl-C leaves. Where there is no terminal it prints one
            picture, as --once does.
            """)

    @Flag(help: "Print one picture, as plain text, and end.")
    var once = false

    @OptionGroup var admin: AdminOptions

    func run() async throws {
        if once || !Terminal.isThere { return try await printOnce() }
        guard let settings = Terminal.readKeys() else { return try await printOnce() }
        let options = admin
        let signals = await Signals()
        // Another screen, without the cursor: what was in the terminal comes back.
        Console.draw("\u{1B}[?1049h\u{1B}[?25l")
        Task {
            // A signal's own action would leave the terminal as it is now.
            for await signal in signals.all where signal.request.endsCommand {
                Self.leave(settings)
                Glibc.exit(128 + signal.number)
            }
        }
        let watching = Task { try await options.ask { client in try await Self.follow(client) { Self.draw($0) } } }
        // Its end is seen by a key's not coming any more, and by the process's end.
        Task {
            let outcome = await watching.result
            Self.leave(settings)
            if case .failure = outcome { Glibc.exit(1) }
            Console.error("gatehouse: the gateway has ended")
            Glibc.exit(1)
        }
        await MainThread.shared.run {
            // Ctrl-C is a key here: 3.
            while let key = Terminal.nextKey(), key != UInt8(ascii: "q"), key != UInt8(ascii: "Q"), key != 3 {}
        }
        Self.leave(settings)
        throw ExitCode(0)
    }

    private static func leave(_ settings: Terminal.Settings) {
        Console.draw("\u{1B}[?25h\u{1B}[?1049l")
        Terminal.restore(settings)
    }

    private func printOnce() async throws {
        let width = max(80, Terminal.size?.columns ?? Int(Environment.value("COLUMNS") ?? "") ?? 80)
        let isDone = try await admin.ask { client in
            try await Self.follow(client) { snapshot in
                // The first has no rates.
                guard snapshot.seconds != nil else { return true }
                let frame = TopFrame(columns: width, rows: nil, isColoured: false)
                Console.say(frame.lines(snapshot).joined(separator: "\n"))
                return false
            }
        }
        guard isDone else { throw AdminOptions.gatewayHasEnded() }
    }

    /// - Returns: true: another one is wanted.
    private static func draw(_ snapshot: Snapshot) -> Bool {
        let size = Terminal.size ?? (80, 24)
        let frame = TopFrame(
            columns: max(40, size.columns), rows: size.rows, isColoured: Environment.value("NO_COLOR") == nil)
        // Line by line, each to its end: nothing flickers.
        let lines = frame.lines(snapshot).map { $0 + "\u{1B}[K" }
        Console.draw("\u{1B}[H" + lines.joined(separator: "\n") + "\u{1B}[J")
        return true
    }

    /// - Parameter show: gets each snapshot; false: enough.
    /// - Returns: was it enough? Otherwise the gateway has ended.
    private static func follow(_ client: AdminClient, _ show: @escaping @Sendable (Snapshot) -> Bool) async throws -> Bool {
        let events = EventReading(show)
        return try await client.follow("/events") { events.take($0) }
    }
}

extension Signals.Signal.Request {
    /// Does it end a command that only shows something? A terminal that is closed sends SIGHUP, which is `reload`.
    fileprivate var endsCommand: Bool {
        switch self {
        case .stop, .stopNow, .reload: true
        case .reopenLogs, .dumpRecorder: false
        }
    }
}
