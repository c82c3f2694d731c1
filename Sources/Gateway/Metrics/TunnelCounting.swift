/// Adds what a tunnel carries to its route's series, also while it is open: some live for days.
struct TunnelCounting {
    private let series: RouteSeries
    private let worker: Int
    private var up = TunnelEnding.Counts(bytes: 0, frames: 0, messages: 0, violations: 0)
    private var down = TunnelEnding.Counts(bytes: 0, frames: 0, messages: 0, violations: 0)

    /// - Parameter worker: the number of the one that the tunnel is of.
    init(_ series: RouteSeries, worker: Int) {
        self.series = series
        self.worker = worker
    }

    /// - Parameter up, down: all that has passed since its beginning.
    mutating func count(_ up: TunnelEnding.Counts, _ down: TunnelEnding.Counts) {
        series.add(UInt64(up.messages - self.up.messages), at: RouteSeries.Index.messagesIn, worker: worker)
        series.add(UInt64(down.messages - self.down.messages), at: RouteSeries.Index.messagesOut, worker: worker)
        series.add(up.bytes &- self.up.bytes, at: RouteSeries.Index.bytesIn, worker: worker)
        series.add(down.bytes &- self.down.bytes, at: RouteSeries.Index.bytesOut, worker: worker)
        (self.up, self.down) = (up, down)
    }
}
