/// Which stored answers are meant.
package struct CacheSelection: Sendable {
    /// nil: of every site.
    package var site: String?
    /// Authority, path and query, as clients ask; nil: all.
    package var target: String?
    /// Are those meant that begin so?
    package var isPrefix = false

    package init(site: String?, target: String?, isPrefix: Bool) {
        self.site = site
        self.target = target
        self.isPrefix = isPrefix
    }

    func means(_ other: [UInt8]) -> Bool {
        guard let target else { return true }
        return isPrefix ? other.starts(with: target.utf8) : other.elementsEqual(target.utf8)
    }
}

extension Gateway {
    /// Forgets stored answers; those that are being received are not stored.
    /// - Returns: how many there were, in all workers and on disk; nil if no site that is meant keeps answers.
    package func purge(_ selection: CacheSelection) async -> Int? {
        guard currentPlan.caches.contains(where: { selection.site == nil || $0.siteName == selection.site }) else { return nil }
        var count = 0
        // The disk first, from which memory is filled.
        for cache in currentPlan.caches where selection.site == nil || cache.siteName == selection.site {
            if let disk = cache.disk { count += await disk.purge(where: selection.means) }
        }
        for worker in workers { count += await worker.purge(selection) }
        return count
    }
}

extension Worker {
    func purge(_ selection: CacheSelection) -> Int {
        var count = 0
        for cache in resources?.generation.caches ?? [] where selection.site == nil || cache.siteName == selection.site {
            count += cache.removeAll(where: selection.means)
        }
        return count
    }
}
