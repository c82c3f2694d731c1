/// Who does a part of a reading while the rest is read: another thread.
package protocol ReadingThread: Sendable {
    /// With fewer tables of `[[sites]]` there is nothing to be gained.
    var minSites: Int { get }
    /// Runs the work on the thread.
    /// - Returns: waits until it is done, and returns what has come of it; nil if it cannot be done now.
    func start<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> (() -> Value)?
}

extension SitesReading {
    /// - Parameter thread: reads the later half of many meanwhile.
    /// - Throws: `Doubt` if one is no TOML, or not one table.
    mutating func add(_ sources: [SiteSource], with thread: (any ReadingThread)?) throws(Doubt) {
        let half = sources.count / 2
        var ahead: (() -> [ParsedSite])?
        if let thread, sources.count >= thread.minSites {
            let inputs = inputs
            ahead = thread.start { Self.readAhead(sources[half...], inputs) }
        }
        for (index, source) in sources.enumerated() {
            if index == half, let ahead { know(ahead()) }
            try add(source)
        }
    }
}
