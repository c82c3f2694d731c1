import ACME
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// The parts of an exposition, by value.
@Suite("The text of metrics")
struct MetricsTextTests {
    @Test("a duration is in the bucket whose bound it does not exceed")
    func durations() {
        #expect(DurationBuckets.bounds.count == DurationBuckets.count - 1)
        for (place, bound) in DurationBuckets.bounds.enumerated() {
            let nanoseconds = UInt64((Double("\(bound)")! * 1e9).rounded())
            #expect(DurationBuckets.bucket(nanoseconds) == place && DurationBuckets.bucket(nanoseconds + 1) == place + 1)
        }
        #expect(DurationBuckets.bucket(0) == 0 && DurationBuckets.bucket(.max) == DurationBuckets.count - 1)
    }

    @Test("a size is in the bucket whose bound it does not exceed")
    func sizes() {
        #expect(SizeBuckets.bounds.count == SizeBuckets.count - 1)
        for (place, bound) in SizeBuckets.bounds.enumerated() {
            let bytes = UInt64(Double("\(bound)")!)
            #expect(SizeBuckets.bucket(bytes) == place && SizeBuckets.bucket(bytes + 1) == place + 1)
        }
        #expect(SizeBuckets.bucket(0) == 0 && SizeBuckets.bucket(.max) == SizeBuckets.count - 1)
    }

    @Test("a label's value cannot end it, nor its line")
    func labels() {
        let labels = MetricLabels(["site": "a\"}\\", "route": "/é\n\r\u{7F}x"])
        #expect(String(decoding: labels.text, as: UTF8.self) == #"site="a\"}\\",route="/é\n  x""#)
    }

    @Test("each number has a place of its own, and there is one for every reason")
    func places() {
        let route = RouteSeries(MetricLabels([:]), workers: 2)
        route.add(1, at: RouteSeries.Index.bytesOut, worker: 1)
        #expect(route[RouteSeries.Index.bytesOut] == 1 && !route.hasRequests)
        let server = ServerSeries(MetricLabels([:]), workers: 1)
        server.setIdle(3, worker: 0)
        #expect(server[ServerSeries.Index.idle] == 3)
        let worker = WorkerSeries()
        for reason in Reason.allCases { worker.count(reason) }
        let counts = WorkerSeries.reasonWords.indices.map { worker[WorkerSeries.Index.reasons + $0] }
        #expect(counts.reduce(0, +) == UInt64(Reason.allCases.count) && counts.allSatisfy { $0 > 0 })
    }

    @Test("keys that are fetched from one address for different authorities are one series, and no secret is in its label")
    func tokenKeys() throws {
        let directory = try TemporaryDirectory()
        let url = try #require(ServiceURL("https://login.example/keys?v=1&api_key=hidden"))
        let authorities: [String?] = [nil, "ca.pem"]
        let all = authorities.map { FetchedKeys(url, caFile: $0, stateDirectory: directory.path) }
        for keys in all {
            keys.fetches.store(2, ordering: .relaxed)
            keys.fetchedAt.store(keys.caFile == nil ? 9 : 7, ordering: .relaxed)
        }
        var text = MetricsText(isOpen: true)
        text.append(all)
        let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
        let label = "url=\"https://login.example/keys?v=1&api_key=***\""
        #expect(
            lines.map { String($0) } == [
                "gatehouse_token_key_fetches_total{\(label),result=\"fetched\"} 4",
                "gatehouse_token_key_fetches_total{\(label),result=\"failed\"} 0",
                "gatehouse_token_keys_fetched_seconds{\(label)} 7",
            ])
    }

    @Test("a histogram's buckets add up, and seconds have nine places")
    func histogram() {
        var text = MetricsText(isOpen: true)
        text.family("a_seconds", .histogram, "Of a.")
        text.histogram(MetricLabels(["b": "c"]), ["0.5", "1.0"], bucket: { [1, 0, 2][$0] }, sum: 7_000_000_009, isSeconds: true)
        text.family("d", .counter, "Of d.")
        text.sample(MetricLabels(["e": "f"]), ("g", "h"), 5)
        text.end()
        #expect(
            String(decoding: text.bytes, as: UTF8.self) == """
                # HELP a_seconds Of a.
                # TYPE a_seconds histogram
                a_seconds_bucket{b="c",le="0.5"} 1
                a_seconds_bucket{b="c",le="1.0"} 1
                a_seconds_bucket{b="c",le="+Inf"} 3
                a_seconds_sum{b="c"} 7.000000009
                a_seconds_count{b="c"} 3
                # HELP d Of d.
                # TYPE d counter
                d_total{e="f",g="h"} 5
                # EOF

                """)
    }
}
