import Testing

@testable import Gateway

@Suite("Figures of a dashboard")
struct TrafficReportTests {
    private typealias Counts = TrafficReport.Counts

    @Test("a quantile lies within its bucket, at its share of it")
    func quantiles() {
        let million: UInt64 = 1_000_000
        #expect(Counts().quantile(0.5) == nil)
        #expect(Counts(classes: [], durations: [million / 2]).quantile(1) == 1_000_000)
        // Ten within a millisecond, ten between 5 and 10.
        let counts = Counts(
            classes: [0, 20], durations: Array(repeating: million, count: 10) + Array(repeating: 7 * million, count: 10))
        #expect(counts.quantile(0.25) == 500_000)
        #expect(counts.quantile(0.5) == 1_000_000)
        #expect(counts.quantile(0.75) == 7_500_000)
        #expect(counts.quantile(0.99).map { abs($0 - 9_900_000) < 1 } == true)
        // What is beyond the last bound is not known.
        #expect(Counts(classes: [], durations: [60_000 * million]).quantile(0.5) == 10_000_000_000)
        #expect(DurationBuckets.limits.count == DurationBuckets.bounds.count && DurationBuckets.count == 13)
        for limit in DurationBuckets.limits {
            #expect(DurationBuckets.bucket(UInt64(limit)) + 1 == DurationBuckets.bucket(UInt64(limit) + 1))
        }
    }

    @Test("what has come is never less than nothing")
    func differences() {
        let (few, many) = (
            Counts(classes: [0, 1, 0, 2, 0], durations: [1]), Counts(classes: [0, 5, 1, 2, 0], durations: [1, 1, 20_000_000])
        )
        let come = many.since(few)
        #expect((0..<5).map { come.classes[$0] } == [0, 4, 1, 0, 0] && come.requests == 5)
        #expect(come.quantile(1) == 25_000_000)
        #expect(few.since(many).requests == 0 && few.since(many).quantile(0.5) == nil)
        var sum = few
        sum.add(many)
        #expect(sum.requests == few.requests + many.requests)
    }

    @Test(
        "what a peer sent is one line of printable ASCII",
        arguments: [
            ("/a b", "/a b"), ("/\u{1B}[2J\n\r\0", "/\\x1b[2J\\x0a\\x0d\\x00"), ("/é\u{7F}", "/\\xc3\\xa9\\x7f"),
            (String(repeating: "a", count: 161), String(repeating: "a", count: 160) + "..."),
        ])
    func text(sent: String, shown: String) {
        #expect(RecentFailures.text(Array(sent.utf8)[...]) == shown)
    }
}
