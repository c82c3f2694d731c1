import ACME
import TestSupport
import Testing

@testable import Gateway

@Suite("Files and URLs that say who comes in")
struct AccessFilesTests {
    @Test("are each there once, however many name them, and all are looked at again")
    func once() throws {
        let directory = try TemporaryDirectory()
        var files = AccessFiles()
        let path = "\(directory.path)/list"
        let (first, second) = (files.passwords(path), files.passwords(path))
        #expect(first === second)
        let (addresses, again) = (files.addresses(path), files.addresses(path))
        #expect(addresses === again)
        _ = files.keys(path)
        _ = files.keys("\(path).json")
        #expect(files.watched.count == 4)
        #expect(files.counts == [1, 2, 0, 1])
    }

    @Test("of all that have the same keys fetched, who wants them newest decides")
    func fetched() throws {
        let directory = try TemporaryDirectory()
        let url = try #require(ServiceURL("https://login.example/keys.json"))
        let keys = FetchedKeys(url, caFile: nil, stateDirectory: directory.path)
        let others = FetchedKeys(url, caFile: "ca.pem", stateDirectory: directory.path)
        var files = AccessFiles()
        for (asked, seconds) in [(keys, 300), (others, 200), (keys, 60), (keys, 900)] as [(FetchedKeys, UInt64)] {
            files.fetch(asked, every: seconds)
        }
        #expect(files.fetchedKeys.map(\.refresh) == [60, 200])
        #expect(files.fetchedKeys.map { $0.keys === keys } == [true, false])
    }
}
