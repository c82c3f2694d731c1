/// The families about sites and routes.
extension MetricsText {
    mutating func append(_ routes: [RouteSeries]) {
        // One that nobody has asked for yet has nothing to tell.
        let routes = routes.filter { $0.hasRequests }
        appendRequests(routes)
        family("gatehouse_failed_requests", .counter, "Those with a 5xx that is not their client's own doing.")
        for route in routes { sample(route.labels, route[RouteSeries.Index.failures]) }
        family("gatehouse_request_duration_seconds", .histogram, "From the whole head of a request to the end of its answer.")
        for route in routes {
            histogram(
                route.labels, DurationBuckets.bounds, bucket: { route[RouteSeries.Index.durations + $0] },
                sum: route[RouteSeries.Index.durationSum], isSeconds: true, exemplars: route.exemplars)
        }
        family("gatehouse_response_body_bytes", .histogram, "Bytes of answers' bodies that were handed to the kernel.")
        for route in routes {
            histogram(
                route.labels, SizeBuckets.bounds, bucket: { route[RouteSeries.Index.sent + $0] },
                sum: route[RouteSeries.Index.sentSum], isSeconds: false)
        }
        family("gatehouse_request_body_bytes", .histogram, "Bytes of requests' bodies.")
        for route in routes {
            histogram(
                route.labels, SizeBuckets.bounds, bucket: { route[RouteSeries.Index.received + $0] },
                sum: route[RouteSeries.Index.receivedSum], isSeconds: false)
        }
        family("gatehouse_retries", .counter, "Attempts after the first.")
        for route in routes where route[RouteSeries.Index.retries] > 0 {
            sample(route.labels, route[RouteSeries.Index.retries])
        }
        appendTunnels(routes.filter { $0[RouteSeries.Index.tunnels] > 0 })
    }

    private mutating func appendRequests(_ routes: [RouteSeries]) {
        family("gatehouse_requests", .counter, "Requests that have been answered, or could not be.")
        for route in routes {
            for (method, name) in RouteSeries.methods.enumerated() {
                for (number, word) in RouteSeries.classes.enumerated() {
                    let count = route[RouteSeries.Index.requests + method * 5 + number]
                    if count > 0 { sample(route.labels, method: name, code: word, count) }
                }
            }
        }
    }

    private mutating func appendTunnels(_ routes: [RouteSeries]) {
        family("gatehouse_tunnels_opened", .counter, "WebSockets that were opened.")
        for route in routes { sample(route.labels, route[RouteSeries.Index.tunnels]) }
        family("gatehouse_tunnel_messages", .counter, "Messages of WebSockets, from (in) and to (out) the client.")
        for route in routes {
            sample(route.labels, ("direction", "in"), route[RouteSeries.Index.messagesIn])
            sample(route.labels, ("direction", "out"), route[RouteSeries.Index.messagesOut])
        }
        family("gatehouse_tunnel_bytes", .counter, "Bytes of WebSockets, from (in) and to (out) the client.")
        for route in routes {
            sample(route.labels, ("direction", "in"), route[RouteSeries.Index.bytesIn])
            sample(route.labels, ("direction", "out"), route[RouteSeries.Index.bytesOut])
        }
    }
}
