import ACME
import Synchronization

extension MetricsText {
    mutating func append(_ keys: [FetchedKeys]) {
        guard !keys.isEmpty else { return }
        family("gatehouse_token_key_fetches", .counter, "How often keys of a jwks_url were asked for, by what came of it.")
        for one in keys {
            sample(one.labels, ("result", "fetched"), UInt64(one.fetches.load(ordering: .relaxed)))
            sample(one.labels, ("result", "failed"), UInt64(one.failures.load(ordering: .relaxed)))
        }
        family(
            "gatehouse_token_keys_fetched_seconds", .gauge,
            "When they were last fetched: seconds since 1970; 0: not since the start.")
        for one in keys { sample(one.labels, UInt64(max(0, one.fetchedAt.load(ordering: .relaxed)))) }
    }
}

extension FetchedKeys {
    fileprivate var labels: MetricLabels { MetricLabels(["url": url.description]) }
}
