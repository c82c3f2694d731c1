import Fleet
import Gateway
import Logging
import Messages

/// What is kept of upstreams' answers.
struct AdminCache: Codable, Sendable {
    struct Site: Codable, Sendable {
        var site: String
        var answers: Int
        var bytes: Int
        var hits: Int
        var misses: Int
        var stale: Int
        var evictions: Int
        var stored: Int
        var disk: Disk?

        init(_ report: CacheReport) {
            (site, answers, bytes) = (report.site, report.answers, report.bytes)
            (hits, misses, stale, evictions) = (report.hits, report.misses, report.stale, report.evictions)
            stored = report.stored
            disk = report.disk.map { Disk($0) }
        }
    }

    /// What is on disk.
    struct Disk: Codable, Sendable {
        var answers: Int
        var bytes: Int
        var hits: UInt64
        var evictions: UInt64
        var errors: UInt64

        init(_ report: CacheReport.Disk) {
            (answers, bytes, hits) = (report.answers, report.bytes, report.hits)
            (evictions, errors) = (report.evictions, report.errors)
        }
    }

    /// An order to forget.
    struct Purge: Codable, AdminOrder, Sendable {
        enum CodingKeys: String, CodingKey, CaseIterable { case site, target, prefix, fleet }

        var site: String?
        /// Authority, path and query; nothing: all.
        var target: String?
        /// Are those meant that begin so?
        var prefix: Bool?
        /// Are all members of the fleet to forget it?
        var fleet: Bool?
    }

    struct Purged: Codable, Sendable {
        var answers: Int
    }

    var sites: [Site]
}

extension AdminResources {
    func cache() async -> ServiceAnswer { .json(AdminCache(sites: await gateway.caches().map { AdminCache.Site($0) })) }

    func purge(_ body: [UInt8]) async -> ServiceAnswer {
        guard let wanted = AdminCache.Purge(body) else {
            return .problem(400, "The body is to be JSON, with nothing but \"site\", \"target\", \"prefix\" and \"fleet\".")
        }
        let selection = CacheSelection(site: wanted.site, target: wanted.target, isPrefix: wanted.prefix ?? false)
        guard let count = await gateway.purge(selection) else { return .problem(404, "No such site keeps answers.") }
        if wanted.fleet == true {
            let purge = FleetPurge(site: wanted.site, target: wanted.target, isPrefix: wanted.prefix ?? false)
            do throws(FleetMember.NotPublished) { try await fleet.publish(purge) } catch { return Self.notPublished(error) }
        }
        log.notice(
            "stored answers are forgotten",
            metadata: ["answers": "\(count)", "site": "\(wanted.site ?? "all")", "target": "\(wanted.target ?? "all")"])
        return .json(AdminCache.Purged(answers: count))
    }
}
