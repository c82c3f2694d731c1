import Fleet
import Gateway
import HTTP
import Messages

/// A scrape, wherever it is asked for.
enum MetricsAnswer {
    /// All metrics, in the format that the scraper prefers.
    static func answer(_ request: RequestHead, of gateway: Gateway, _ fleet: SharedFleetStatus) -> ServiceAnswer {
        let format: MetricsFormat = asksForOpenMetrics(request) ? .openMetrics : .prometheus
        let text = gateway.metrics(
            format, process: ProcessReading.figures(), fleet: fleet.status?.metrics, version: Gatehouse.version)
        guard let text else {
            return .problem(404, "Nothing is counted: metrics.enabled is false.")
        }
        return ServiceAnswer(contentType: format.contentType, body: text)
    }

    /// Prometheus names every format that it can read, the one that it prefers first or with the highest quality; who names
    /// OpenMetrics reads it. Nobody names it to say that it cannot.
    private static func asksForOpenMetrics(_ request: RequestHead) -> Bool {
        request.fields.lines.contains { line in
            line.known == .accept && request.string(line.value).lowercased().contains("application/openmetrics-text")
        }
    }
}
