import Foundation
import TestSupport
import Testing

/// The cases of `Peers/`, and the way to run one: Python, with `websockets` and `aiohttp`, in the environment that
/// `scripts/install-tools test` makes.
enum Peers {
    static let handshakes = [
        "a_handshake_goes_upstream_reserialised_with_forwarding_fields",
        "early_bytes_wait_for_the_101_and_then_arrive",
        "frames_in_the_same_segment_as_the_101_arrive",
        "wrong_versions_and_keys_are_answered_with_the_reason",
        "an_upgrade_is_not_forwarded_on_other_routes",
        "an_unasked_101_becomes_502",
        "a_101_that_proves_nothing_becomes_502",
        "a_refused_upgrade_is_an_ordinary_answer_and_the_connection_lives_on",
        "a_real_client_sees_the_refusal_with_its_body",
        "origins_are_checked_by_route_by_site_and_for_all",
        "every_origin_may_come_where_none_is_named",
    ]
    static let messages = [
        "text_and_binary_pass_to_plain_and_tls_upstreams",
        "http_and_https_are_spellings_of_ws_and_wss",
        "fragments_stay_fragments",
        "a_message_of_16_mib_passes",
        "pings_are_the_peers_affair",
        "compression_is_negotiated_end_to_end",
        "compression_is_not_negotiated_when_the_upstream_declines",
        "subprotocols_are_chosen_by_the_upstream",
        "aiohttp_talks_through_it",
        "both_ways_at_once",
        "one_slow_reader_does_not_slow_others",
    ]
    static let endings = [
        "each_side_ends_by_its_own_exchange_of_close_frames",
        "the_clients_close_code_reaches_the_upstream_and_the_log",
        "the_upstreams_close_code_reaches_the_client_and_the_log",
        "a_close_frame_without_a_code_is_1005_in_the_log",
        "a_killed_upstream_ends_the_client_at_once",
        "an_upstream_that_resets_cuts_the_client",
        "who_ends_first_is_in_the_log_whatever_the_other_does_then",
        "a_client_that_breaks_cuts_an_upstream_over_tls",
        "a_tunnel_ends_after_both_close_frames_though_neither_side_closes",
        "a_killed_client_ends_the_upstream_at_once",
        "a_half_closing_upstream_still_gets_the_rest",
        "a_half_closing_client_still_gets_the_rest",
        "sigterm_closes_both_sides_with_1001",
        "a_drain_waits_for_the_frame_under_way",
        "a_tunnel_that_does_not_answer_is_cut_at_the_drains_deadline",
        "a_drain_closes_many_tunnels_one_after_the_other",
    ]
    static let limits = [
        "an_idle_tunnel_is_closed_with_1001",
        "a_tunnels_lifetime_ends_it_with_1012",
        "request_timeouts_do_not_touch_a_tunnel",
        "an_idle_tunnel_is_pinged_on_both_sides_and_kept",
        "a_peer_that_answers_no_ping_is_given_up",
        "a_slow_consumer_is_closed_with_1013",
        "a_route_holds_so_many_tunnels",
        "a_sites_limits_hold_for_its_routes",
        "a_reload_changes_the_limits_of_new_tunnels",
        "a_client_holds_so_many_tunnels",
        "a_refused_handshake_takes_no_place",
        "a_message_too_big_is_closed_with_1009_before_it_passes",
        "a_violation_is_counted_and_relayed",
        "a_violation_ends_a_strict_tunnel_before_it_passes",
    ]
    static let balancing = [
        "a_handshake_that_cannot_connect_goes_to_another_server",
        "a_handshake_that_is_dropped_or_botched_goes_to_another_server",
        "least_connections_counts_tunnels",
        "a_server_gets_so_many_handshakes_in_a_second",
        "a_handshake_over_the_rate_goes_to_another_server",
        "early_bytes_wait_for_the_server_that_accepts",
        "a_handshake_over_the_rate_looks_at_every_server",
        "a_handshake_without_an_answer_goes_to_another_server",
        "every_server_refused_is_502",
    ]
    static let crowds = [
        "a_crowd_exchanges_numbered_messages"
    ]
    static let overHTTP2 = [
        "wsproto_talks_over_a_stream",
        "a_close_of_the_upstreams_reaches_the_stream",
        "a_close_that_ends_its_stream_is_answered",
        "an_end_without_a_close_frame_goes_on_to_the_upstream",
        "an_upstreams_end_without_a_close_frame_ends_the_stream",
        "a_reset_stream_breaks_its_upstream_alone",
        "an_upstream_that_resets_resets_its_stream_alone",
        "one_stalled_socket_of_many_stops_none",
        "sockets_talk_on_when_their_tasks_end",
        "silent_sockets_of_one_connection_are_pinged_and_woken",
        "a_drain_closes_the_sockets_and_then_the_connection",
        "a_reload_that_takes_the_route_away_closes_with_1012",
        "a_reload_that_takes_the_listener_away_closes_with_1012",
        "a_socket_is_refused_in_the_words_of_its_reason",
        "one_connection_opens_sockets_of_all_sites_of_its_certificate",
    ]

    static var all: [String] { handshakes + messages + endings + limits + balancing + crowds + overHTTP2 }

    /// What holds for HTTP/1.1's clients holds for those of HTTP/2, but for what is HTTP/1.1's own: the bytes of its handshake,
    /// an upgrade where there is none (over HTTP/2 it is 501), and an end behind a Close frame, which over HTTP/2 stays here.
    static var bridged: [String] {
        let ofHTTP1 = [
            "a_handshake_goes_upstream_reserialised_with_forwarding_fields",
            "wrong_versions_and_keys_are_answered_with_the_reason",
            "an_upgrade_is_not_forwarded_on_other_routes",
            "a_half_closing_client_still_gets_the_rest",
        ]
        return (handshakes + messages + endings + limits).filter { !ofHTTP1.contains($0) }
    }

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter isBridged: the client's WebSockets go over HTTP/2.
    static func run(_ name: String, isBridged: Bool = false) async throws {
        _ = try await output(name, isBridged: isBridged)
    }

    /// What Python printed; all it said is the error if it fails.
    static func output(_ argument: String, isBridged: Bool = false) async throws -> String {
        try await python(
            [root.appending(path: "Tests/RelayTests/Peers").path(), argument], environment: isBridged ? ["OVER": "h2"] : [:])
    }

    /// The stories of `scripts/relay-crowd` with few tunnels.
    static func crowd(_ arguments: [String]) async throws {
        let binary = ["--binary", products.appending(path: "gatehouse").path()]
        _ = try await python([root.appending(path: "scripts/relay-crowd").path()] + arguments + binary)
    }

    private static func python(_ arguments: [String], environment added: [String: String] = [:]) async throws -> String {
        let process = Process()
        process.executableURL = root.appending(path: ".build-venv/bin/python")
        process.arguments = ["-B"] + arguments
        var environment = ProcessInfo.processInfo.environment
        environment.merge(added) { $1 }
        environment["GATEHOUSE"] = products.appending(path: "gatehouse").path()
        process.environment = environment
        // A file, since a pipe that nobody reads while the process runs would stop it.
        let file = FileManager.default.temporaryDirectory.appending(path: "peers-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        _ = FileManager.default.createFile(atPath: file.path(), contents: nil)
        let output = try FileHandle(forWritingTo: file)
        await Turnstile.gatehouses.enter()
        defer { Task { await Turnstile.gatehouses.leave() } }
        process.standardOutput = output
        process.standardError = output
        let code = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let text = try String(contentsOf: file, encoding: .utf8)
        guard code == 0 else { throw Failed(description: "\(arguments)\n\(text)") }
        return text
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Where the build has put the program: beside the tests' own bundle.
    private static let products: URL = {
        var folder = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        while folder.path() != "/" {
            if FileManager.default.isExecutableFile(atPath: folder.appending(path: "gatehouse").path()) { return folder }
            folder = folder.deletingLastPathComponent()
        }
        return root.appending(path: ".build/debug")
    }()
}
