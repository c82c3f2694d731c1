import Configuration
import Gateway
import HTTP
import Logging
import Messages
import Synchronization

/// Those who look on by the admin socket.
final class AdminTap: Sendable {
    static let path = "/tap"
    /// How many operators may look on at once.
    static let maxTaps = 8

    /// What is asked for cannot be understood.
    typealias Flaw = FormText.Flaw

    private let count = Mutex(0)

    /// - Returns: false if there are enough of them.
    func enter() -> Bool {
        count.withLock { count in
            guard count < Self.maxTaps else { return false }
            count += 1
            return true
        }
    }

    func leave() { count.withLock { $0 -= 1 } }

    /// What a query asks for: `site`, `route`, `status`, `client`, `method` and `path` are the filter's; `frames` and
    /// `connection` have frames of tunnels shown in place of exchanges.
    /// - Parameter query: of a request's target, with its question mark or without.
    static func tap(_ query: ArraySlice<UInt8>) throws(Flaw) -> Tap {
        try tap(FormText.pairs(query))
    }

    /// - Throws: a flaw whose reason begins with the name of what is wrong, where that is a value.
    static func tap(_ pairs: [(name: String, value: String)]) throws(Flaw) -> Tap {
        var filter = TapFilter()
        var (every, connection): (Int?, String?) = (nil, nil)
        for (name, value) in pairs {
            switch name {
            case "frames":
                guard let number = Int(value), (1...1_000_000).contains(number) else {
                    throw Flaw(reason: "frames is to be from 1 to 1000000: of so many frames one is shown.")
                }
                every = number
            case "connection":
                guard value.wholeMatch(of: /[0-9]+-[0-9]+/) != nil else {
                    throw Flaw(reason: "connection is to be as 0-17: gatehouse connections tells which there are.")
                }
                connection = value
            default:
                let isKnown: Bool
                do throws(TapFilter.Flaw) { isKnown = try filter.set(name, to: value) } catch { throw Flaw(reason: error.reason) }
                guard isKnown else {
                    throw Flaw(reason: "A tap takes site, route, status, client, method, path, frames and connection.")
                }
            }
        }
        let frames = every != nil || connection != nil ? Tap.Frames(every: every ?? 1, connection: connection) : nil
        return Tap(filter, frames: frames)
    }
}

extension AdminResources {
    /// Lets whoever asks look on.
    func tap(_ query: ArraySlice<UInt8>) async -> ServiceReply {
        let tap: Tap
        do throws(AdminTap.Flaw) { tap = try AdminTap.tap(query) } catch { return .answer(.problem(400, error.reason)) }
        if let reason = await reasonForNone(tap.filter) { return .answer(.problem(404, reason)) }
        guard taps.enter() else { return .answer(.problem(503, "\(AdminTap.maxTaps) look on already.")) }
        await gateway.begin(tap)
        log.notice("somebody looks on by the admin socket", metadata: ["query": "\(String(decoding: query, as: UTF8.self))"])
        let (gateway, taps) = (gateway, taps)
        return .stream(contentType: "application/x-ndjson", FieldSection()) { streams in
            TapStream(tap, streams) {
                await gateway.end(tap)
                taps.leave()
            }
        }
    }

    /// Why no exchange of the configuration in use can be what a filter wants; nil if one can.
    private func reasonForNone(_ filter: TapFilter) async -> String? {
        guard let sites = await configuration?.sites else { return nil }
        if let name = filter.site, !sites.contains(where: { $0.name == name }) {
            return Self.reason(for: "site", name, among: sites.map(\.name))
        }
        guard let route = filter.route else { return nil }
        let asked = sites.filter { filter.site == nil || $0.name == filter.site }
        let paths = asked.flatMap { site in
            // What redirects other host names is a route of its own, and so is what a site answers itself.
            (site.redirectHostnames.isEmpty && site.action == nil ? [] : ["/"])
                + ((site.proxy?.routes ?? []) + site.routes).map(\.path)
        }
        return paths.contains(route) ? nil : Self.reason(for: "route", route, among: paths)
    }

    private static func reason(for kind: String, _ name: String, among names: [String]) -> String {
        let words = "No \(kind) is called \"\(name)\""
        if let near = DidYouMean.nearest(to: name, among: names) { return "\(words); did you mean \(near)?" }
        return "\(words): gatehouse check --routes lists those that there are."
    }
}
