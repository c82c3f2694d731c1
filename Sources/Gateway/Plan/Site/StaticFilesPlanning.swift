import Configuration
import EventLoop
import Glibc
import StaticFiles

/// The part of making a plan that is about sites' files.
extension PlanBuilder {
    /// The files of a site; nil if it has none, or they cannot be read, which is reported.
    mutating func files(_ site: Site, _ keyPath: String) -> StaticSite? {
        guard let directory = site.staticDir else { return nil }
        do throws(StaticError) {
            let opened = try StaticSite(path: directory, settings: StaticSettings(site))
            checkErrorPages(of: opened, site, keyPath)
            // What workers remember is of the object that found it.
            let known = previous?.files[site.identity].flatMap { $0.isSame(as: opened) ? $0 : nil }
            files[site.identity] = known ?? opened
            return known ?? opened
        } catch {
            problem(
                at: "\(keyPath).static_dir", error.reason,
                hint: FileAccess.problem(reading: directory)?.code == ENOENT
                    ? "make the directory, or correct its name; relative names begin at the working directory" : nil)
            return nil
        }
    }

    /// A page that is missing protects nobody, and may come with the next release of the site: the built-in one is sent until
    /// then.
    private mutating func checkErrorPages(of files: StaticSite, _ site: Site, _ keyPath: String) {
        for (status, page) in files.errorPages {
            let key = "\(keyPath).error_pages.\(status)"
            let isFixed = site.hasRoute { route in
                if case .respond(let fixed) = route.action { fixed.status == status && fixed.body.isEmpty } else { false }
            }
            if !isFixed, !Failure.statuses.contains(status) {
                problem(
                    .warning, at: key, "Gatehouse gives no answer of this status itself",
                    hint: "answers of upstreams pass as they come")
            }
            if let reason = files.problem(ofErrorPage: status) {
                problem(.warning, at: key, "\(page): \(reason)", hint: "the built-in page is sent until it can be read")
            }
        }
    }
}

extension StaticSettings {
    /// What a site's configuration says of its files.
    init(_ site: Site) {
        self.init()
        indexFiles = site.indexFiles
        compressionEnabled = site.compression.enabled
        compressionTypes = site.compression.types
        codings = site.compression.contentCodings
        levels = site.compression.levels
        charset = site.charset.isEmpty ? nil : site.charset
        mediaTypes = site.mediaTypes
        precompressed = site.compression.precompressed
        minSize = UInt64(site.compression.minSize)
        etagEnabled = site.cache.enabled && site.cache.etagEnabled
        lastModifiedEnabled = site.cache.enabled && site.cache.lastModifiedEnabled
        maxAgeStatic = site.cache.enabled ? site.cache.maxAgeStatic : nil
        maxAgePages = site.cache.enabled ? site.cache.maxAgeDynamic : nil
        cacheControl = site.cache.enabled ? site.cache.cacheControl : nil
        errorPages = site.errorPages
        listsDirectories = site.enableDirectoryListing
    }
}

extension StaticCache.Settings {
    /// What each worker remembers of files, from `[file_cache]`.
    init(_ cache: FileCache) {
        let second: UInt64 = 1_000_000_000
        self.init(size: cache.size, entries: cache.entries, valid: Int64((cache.valid.nanoseconds + second - 1) / second))
    }
}
