import ACME
import Configuration
import Synchronization

extension MetricsText {
    mutating func append(_ keys: [FetchedKeys]) {
        guard !keys.isEmpty else { return }
        // Those of one address for which different authorities are trusted are fetched apart.
        var sums: [(labels: MetricLabels, fetched: Int, failed: Int, time: Int64)] = []
        for one in keys {
            let (labels, time) = (one.labels, one.fetchedAt.load(ordering: .relaxed))
            let (fetched, failed) = (one.fetches.load(ordering: .relaxed), one.failures.load(ordering: .relaxed))
            if let known = sums.firstIndex(where: { $0.labels == labels }) {
                sums[known].fetched += fetched
                sums[known].failed += failed
                sums[known].time = min(sums[known].time, time)
            } else {
                sums.append((labels, fetched, failed, time))
            }
        }
        family("gatehouse_token_key_fetches", .counter, "How often keys of a jwks_url were asked for, by what came of it.")
        for sum in sums {
            sample(sum.labels, ("result", "fetched"), UInt64(max(0, sum.fetched)))
            sample(sum.labels, ("result", "failed"), UInt64(max(0, sum.failed)))
        }
        family(
            "gatehouse_token_keys_fetched_seconds", .gauge,
            "When they were last fetched: seconds since 1970; 0: not since the start.")
        for sum in sums { sample(sum.labels, UInt64(max(0, sum.time))) }
    }
}

extension FetchedKeys {
    fileprivate var labels: MetricLabels { MetricLabels(["url": MaskedConfiguration.withoutSecrets(url.description)]) }
}
