import Foundation

/// An OpenTelemetry collector, as far as it takes spans: OTLP over HTTP, as JSON.
package final class Collector: Sendable {
    /// What it has been sent of a span.
    package struct Span: Sendable {
        package let trace: String
        package let identifier: String
        package let parent: String?
        package let name: String
        package let kind: Int
        /// Nanoseconds since 1970.
        package let start: UInt64
        package let end: UInt64
        package let isError: Bool
        package let attributes: [String: String]
        package let service: String
    }

    package let spans = Journal<Span>("spans")
    private let upstream: Upstream
    package var port: UInt16 { upstream.port }

    /// - Parameters:
    ///   - status: of its answers.
    ///   - first: of those before.
    package init(status: Int = 200, first: [Int] = []) throws {
        let spans = spans
        let before = Guarded(first)
        upstream = try Upstream { _, wire in
            while let request = try wire.readRequest() {
                let status = before.withLock { $0.isEmpty ? nil : $0.removeFirst() } ?? status
                if status == 200 { for span in Self.spans(of: request.body) { spans.append(span) } }
                try wire.write("HTTP/1.1 \(status) Answer\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
            }
        }
    }

    private static func spans(of body: [UInt8]) -> [Span] {
        guard let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else { return [] }
        var spans: [Span] = []
        for resource in object["resourceSpans"] as? [[String: Any]] ?? [] {
            let service = attributes(resource["resource"] as? [String: Any])["service.name"] ?? ""
            for scope in resource["scopeSpans"] as? [[String: Any]] ?? [] {
                for span in scope["spans"] as? [[String: Any]] ?? [] {
                    if let span = self.span(span, service) { spans.append(span) }
                }
            }
        }
        return spans
    }

    private static func span(_ object: [String: Any], _ service: String) -> Span? {
        guard let trace = object["traceId"] as? String, let identifier = object["spanId"] as? String,
            let name = object["name"] as? String, let kind = object["kind"] as? Int,
            let start = (object["startTimeUnixNano"] as? String).flatMap(UInt64.init),
            let end = (object["endTimeUnixNano"] as? String).flatMap(UInt64.init)
        else { return nil }
        return Span(
            trace: trace, identifier: identifier, parent: object["parentSpanId"] as? String, name: name, kind: kind,
            start: start, end: end, isError: (object["status"] as? [String: Any])?["code"] as? Int == 2,
            attributes: attributes(object), service: service)
    }

    private static func attributes(_ object: [String: Any]?) -> [String: String] {
        var all: [String: String] = [:]
        for attribute in object?["attributes"] as? [[String: Any]] ?? [] {
            guard let key = attribute["key"] as? String, let value = attribute["value"] as? [String: String] else { continue }
            all[key] = value["stringValue"] ?? value["intValue"]
        }
        return all
    }
}
