import HTTP

/// One request's way to its answer, step by step: what a step needs of the file system is done elsewhere, where waiting harms
/// nobody, and handed in. Belongs to one exchange.
package struct FileSearch {
    /// What is next.
    package enum Step {
        case answer(StaticAnswer)
        /// Work for a thread; `next` takes what comes of it.
        case work(FileWork)
    }

    private let site: StaticSite
    private let goal: FileLookup.Goal
    private let path: RequestPath
    private let method: StaticMethod
    private let conditions: StaticConditions
    private let now: Int64
    private let cache: StaticCache?
    private var found: (file: ServedFile, request: StaticRequest)?
    /// How often there was no descriptor left.
    private var shortages = 0
    private static let maxShortages = 8
    /// Is the site's directory being looked at, besides?
    private var looksAtDirectory = false

    init(
        _ site: StaticSite, _ goal: FileLookup.Goal, at path: RequestPath, method: StaticMethod, conditions: StaticConditions,
        now: Int64, cache: StaticCache?
    ) {
        self.site = site
        self.goal = goal
        self.path = path
        self.method = method
        self.conditions = conditions
        self.now = now
        self.cache = cache
    }

    /// The first step.
    package mutating func begin() -> Step {
        guard method != .other else { return .answer(StaticSite.methodNotAllowed) }
        guard let root = cache?.freshDirectory(of: site, now: now) else { return look() }
        let request = request(in: root)
        guard let (file, _) = request.known else { return look() }
        return send(file, to: request)
    }

    /// The step after the one that needed some work.
    /// - Parameter done: what came of it.
    package mutating func next(_ done: FileWork.Done) -> Step {
        switch done.result {
        case .looked(let found): return go(on: found)
        case .loaded(let content):
            guard let (file, request) = found else { return look() }
            if let content { cache?.hold(content, as: file.choose(for: request), at: path, in: request.root) }
            return send(file, to: request, loading: false)
        }
    }

    private func request(in root: Directory) -> StaticRequest {
        StaticRequest(path: path, method: method, conditions: conditions, now: now, cache: cache, root: root)
    }

    private mutating func look() -> Step {
        let fresh = cache?.freshDirectory(of: site, now: now)
        looksAtDirectory = fresh == nil
        let lookup = FileLookup(
            site: site, goal: goal, known: fresh ?? cache?.lastDirectory(of: site), isStale: fresh == nil, closer: cache?.closer)
        return .work(FileWork(kind: .look(lookup)))
    }

    private mutating func go(on found: FileLookup.Found) -> Step {
        switch found {
        case .entry(let entry, let root):
            if looksAtDirectory { cache?.take(root, of: site, now: now) }
            return go(on: entry, in: root)
        case .nothing(let error, let root):
            if looksAtDirectory { cache?.take(root, of: site, now: now) }
            return fail(error, in: root)
        case .noDirectory(let error):
            cache?.loseDirectory(of: site)
            return fail(error, in: nil)
        }
    }

    private mutating func fail(_ error: StaticError, in root: Directory?) -> Step {
        // What is remembered makes room if too many files are open, and is forgotten if there is none any more. Others look at
        // the same time, and may have taken that room, or made some.
        if case .tooManyFiles = error, let cache, shortages < Self.maxShortages {
            shortages += 1
            cache.closeFiles()
            return look()
        }
        if let root { cache?.forget(path, in: root) }
        return .answer(StaticAnswer(error.refusal, reason: error.reason))
    }

    private mutating func go(on entry: FileLookup.Entry, in root: Directory) -> Step {
        switch entry {
        case .file(let opened, let name, let siblings):
            let described = site.describe(opened, name: name, siblings, now: now)
            return send(cache?.keep(described, at: path, in: root, now: now) ?? described, to: request(in: root))
        case .redirect:
            cache?.forget(path, in: root)
            var answer = StaticAnswer(status: 301, reason: "a directory, asked for without a slash at the end")
            answer.redirectPath = path.locationAsDirectory
            return .answer(answer)
        case .directory(let listing):
            var answer = StaticAnswer(status: 200, reason: "a directory without an index file")
            answer.listing = listing
            return .answer(answer)
        }
    }

    /// - Parameter loading: whether its bytes may be brought into memory first.
    private mutating func send(_ file: ServedFile, to request: StaticRequest, loading: Bool = true) -> Step {
        let chosen = file.choose(for: request)
        do throws(StaticError) {
            if let answer = try site.send(chosen, of: file, to: request, loading: loading) { return .answer(answer) }
        } catch {
            return .answer(StaticAnswer(error.refusal, reason: error.reason))
        }
        guard let open = chosen.file else { return look() }
        found = (file, request)
        return .work(FileWork(kind: .load(open)))
    }
}
