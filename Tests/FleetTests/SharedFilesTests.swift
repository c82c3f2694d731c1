import ACME
import TestSupport
import Testing

@testable import Fleet

@Suite("Files that members have in common")
struct SharedFilesTests {
    private static let path = "internal/a"

    @Test("etcd is told of what it has not, and not that a file is gone which it never had")
    func differing() {
        var files = SharedFiles()
        #expect(files.differs([1], at: Self.path) && !files.differs(nil, at: Self.path))
        files.noteShared([1], at: Self.path)
        #expect(!files.differs([1], at: Self.path) && files.differs([2], at: Self.path) && files.differs(nil, at: Self.path))
        files.noteShared(nil, at: Self.path)
        #expect(!files.differs(nil, at: Self.path) && files.differs([1], at: Self.path))
        files.forgetOurs()
        #expect(files.differs([1], at: Self.path))
    }

    @Test("what another has written is written here once, and not again while it is the same")
    func taking() throws {
        let folder = try TemporaryDirectory()
        let directory = StateDirectory("\(folder.path)/state")
        var files = SharedFiles()
        let isFirst = try files.take([1], at: Self.path, into: directory)
        #expect(isFirst)
        #expect(try directory.read(Self.path) == [1])
        // It is not even looked at.
        try directory.write([3], to: Self.path)
        let isAgain = try files.take([1], at: Self.path, into: directory)
        #expect(!isAgain)
        #expect(try directory.read(Self.path) == [3])
        let isGone = try files.take(nil, at: Self.path, into: directory)
        #expect(isGone)
        #expect(try directory.read(Self.path) == nil)
    }

    @Test("only what has changed since is read, and all where that is not known")
    func changes() {
        var files = SharedFiles()
        #expect(files.changedPaths == nil)
        files.note(RecentChanges().adding(["a"]), of: 4)
        files.noteTaken(1, at: 5)
        #expect(files.changedPaths == [] && files.pulled == 5 && files.seenRevision == 4)
        files.note(files.recentChanges.adding(["b", "c"]), of: 6)
        #expect(files.changedPaths == ["b", "c"])
        files.forgetRecentChanges()
        #expect(files.changedPaths == nil)
        files.noteTaken(files.recentChanges.last, at: 7)
        #expect(files.changedPaths == [])
        files.takeAllAgain()
        #expect(files.changedPaths == nil && files.pulled == 0)
    }
}
