import EventLoop
import HTTP

/// The part of a request for a file that asks the file system, which may take its time: nothing for a loop.
struct FileLookup: Sendable {
    /// What is looked for.
    enum Goal: Sendable {
        /// What a client asks for.
        case request(RequestPath)
        /// A page for an error, by its name.
        case page([UInt8])
    }

    /// What was found.
    enum Found: Sendable {
        /// What stands there in the site's directory, as that is now.
        case entry(Entry, in: Directory)
        case nothing(StaticError, in: Directory)
        case noDirectory(StaticError)
    }

    /// What stands at the path.
    enum Entry: Sendable {
        case file(OpenFile, name: [UInt8], siblings: [Sibling])
        case redirect
        /// A directory without an index file, where these are listed.
        case directory(DirectoryListing)
    }

    /// The file in another coding, made by somebody with care.
    struct Sibling: Sendable {
        let file: OpenFile
        let coding: ContentCoding
    }

    let site: StaticSite
    let goal: Goal
    /// The site's directory when it was looked at last.
    let known: Directory?
    /// Is it too old to be used unseen?
    let isStale: Bool
    let closer: FileThreads?

    /// Looks. May block.
    func run() -> Found {
        let root: Directory
        do throws(StaticError) {
            root = try directory()
        } catch {
            return .noDirectory(error)
        }
        do throws(StaticError) {
            return .entry(try entry(in: root), in: root)
        } catch {
            return .nothing(error, in: root)
        }
    }

    private func directory() throws(StaticError) -> Directory {
        if let known, !isStale { return known }
        do throws(StaticError) {
            let found = try Directory(current: site.path, closer: closer)
            if let known, known.isSame(as: found) { return known }
            return found
        } catch {
            // That there is no descriptor left says nothing of the directory.
            if case .tooManyFiles = error, let known { return known }
            throw error
        }
    }

    private func entry(in root: Directory) throws(StaticError) -> Entry {
        switch goal {
        case .page(let name):
            guard case .file(let file) = try root.open(name.span, hiddenAllowed: true) else {
                throw .forbidden(reason: "it is a directory")
            }
            return .file(file, name: name, siblings: site.precompressed(file, name: name, in: root))
        case .request(let path):
            guard path.endsWithSlash else {
                guard case .file(let file) = try root.open(path.relative.span) else { return .redirect }
                let name = path.relative
                return .file(file, name: name, siblings: site.precompressed(file, name: name, in: root))
            }
            return try index(of: path.relative, in: root)
        }
    }

    private func index(of directory: [UInt8], in root: Directory) throws(StaticError) -> Entry {
        // The operator's index names may begin with a dot; the client's segments may not.
        guard !Directory.hidesSegment(directory) else { throw Directory.hidden }
        for index in site.indexFiles {
            let name = directory.isEmpty ? index : directory + [UInt8(ascii: "/")] + index
            do throws(StaticError) {
                guard case .file(let file) = try root.open(name.span, hiddenAllowed: true) else { continue }
                return .file(file, name: name, siblings: site.precompressed(file, name: name, in: root))
            } catch {
                guard case .notFound = error else { throw error }
            }
        }
        if site.settings.listsDirectories { return .directory(try root.list(directory)) }
        throw .notFound(reason: "no index file in the directory, or no such directory")
    }
}
