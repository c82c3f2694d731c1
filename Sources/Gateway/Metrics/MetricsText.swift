import HTTP

/// Writes metrics as a scraper reads them: Prometheus's text format 0.0.4, or OpenMetrics 1.0.
struct MetricsText {
    /// What a family's samples are.
    enum Kind {
        case counter, gauge, histogram

        var word: StaticString {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    /// OpenMetrics; else Prometheus's text format.
    let isOpen: Bool
    private(set) var bytes: [UInt8] = []
    private var name: StaticString = ""
    private var kind = Kind.gauge

    init(isOpen: Bool) {
        self.isOpen = isOpen
        bytes.reserveCapacity(65_536)
    }

    /// Begins a family. Its samples follow.
    /// - Parameters:
    ///   - name: without `_total`, which a counter's samples get.
    ///   - help: one line, without a backslash.
    mutating func family(_ name: StaticString, _ kind: Kind, _ help: StaticString) {
        self.name = name
        self.kind = kind
        // A counter's family has the samples' name in the one format, and not in the other.
        let suffix: StaticString = kind == .counter && !isOpen ? "_total" : ""
        for (word, text) in [("# HELP " as StaticString, help), ("# TYPE ", kind.word)] {
            bytes.append(word)
            bytes.append(name)
            bytes.append(suffix)
            bytes.append(0x20)
            bytes.append(text)
            bytes.append(0x0A)
        }
    }

    /// One sample of the family.
    /// - Parameter more: the last label, if it is not among `labels`.
    mutating func sample(_ labels: MetricLabels?, _ more: (name: StaticString, value: StaticString)?, _ value: UInt64) {
        begin(labels, more)
        bytes.append(decimal: value)
        bytes.append(0x0A)
    }

    mutating func sample(_ labels: MetricLabels, _ value: UInt64) { sample(labels, nil, value) }

    mutating func sample(_ value: UInt64) { sample(nil, nil, value) }

    mutating func sample(_ labels: MetricLabels, method: StaticString, code: StaticString, _ value: UInt64) {
        begin(labels, ("method", method), closes: false)
        bytes.append(",code=\"")
        bytes.append(code)
        bytes.append("\"} ")
        bytes.append(decimal: value)
        bytes.append(0x0A)
    }

    /// The same, in seconds.
    mutating func sample(_ labels: MetricLabels? = nil, nanoseconds: UInt64) {
        begin(labels, nil)
        bytes.append(guessing: 40) { $0.write(seconds: nanoseconds) }
        bytes.append(0x0A)
    }

    private mutating func begin(
        _ labels: MetricLabels?, _ more: (name: StaticString, value: StaticString)?, closes: Bool = true
    ) {
        bytes.append(name)
        if kind == .counter { bytes.append("_total") }
        if labels != nil || more != nil { bytes.append("{") }
        if let labels { bytes.append(contentsOf: labels.text) }
        if let more {
            if labels != nil { bytes.append(0x2C) }
            bytes.append(more.name)
            bytes.append("=\"")
            bytes.append(more.value)
            bytes.append("\"")
        }
        if closes { bytes.append(labels != nil || more != nil ? "} " : " ") }
    }

    /// A histogram's samples.
    /// - Parameters:
    ///   - bounds: of all buckets but the last.
    ///   - bucket: how many there are in each.
    ///   - sum: of all that was counted; written as seconds or as it is.
    ///   - exemplars: of its buckets; written in OpenMetrics alone, since the other format has none.
    mutating func histogram(
        _ labels: MetricLabels, _ bounds: [StaticString], bucket: (Int) -> UInt64, sum: UInt64, isSeconds: Bool,
        exemplars: Exemplars? = nil
    ) {
        let (name, exemplars) = (name, isOpen ? exemplars : nil)
        // What all of its lines begin with is put together once: there may be a hundred thousand of them.
        var start: [UInt8] = []
        start.append(name)
        start.append("_bucket{")
        start.append(contentsOf: labels.text)
        start.append(",le=\"")
        let room = (bounds.count + 3) * (start.count + Self.maxEndBytes)
        bytes.append(guessing: room) { out in
            var count: UInt64 = 0
            for index in 0...bounds.count {
                count &+= bucket(index)
                out.write(start)
                out.write(index < bounds.count ? bounds[index] : "+Inf")
                out.write("\"} ")
                out.write(decimal: count)
                if let exemplar = exemplars?[index] { exemplar.write(to: &out) }
                out.write(0x0A as UInt8)
            }
            for (suffix, isCount) in [("_sum{" as StaticString, false), ("_count{", true)] {
                out.write(name)
                out.write(suffix)
                out.write(labels.text)
                out.write("} ")
                if isSeconds, !isCount { out.write(seconds: sum) } else { out.write(decimal: isCount ? count : sum) }
                out.write(0x0A as UInt8)
            }
        }
    }

    /// Of most lines of a histogram, what follows their beginning.
    private static let maxEndBytes = 32

    /// The end, which OpenMetrics asks for, so that a text that was cut is not taken for all.
    mutating func end() {
        if isOpen { bytes.append("# EOF\n") }
    }
}

extension Exemplars.Exemplar {
    fileprivate func write(to out: inout OutputSpan<UInt8>) {
        out.write(" # {trace_id=\"")
        out.write(wholeHex: high)
        out.write(wholeHex: low)
        out.write("\"} ")
        out.write(seconds: duration)
        out.write(0x20 as UInt8)
        out.write(seconds: time)
    }
}

extension OutputSpan<UInt8> {
    /// Writes seconds with all nine places.
    fileprivate mutating func write(seconds nanoseconds: UInt64) {
        write(decimal: nanoseconds / 1_000_000_000)
        write(0x2E as UInt8)
        var rest = nanoseconds % 1_000_000_000
        var unit: UInt64 = 100_000_000
        while unit > 0 {
            write(UInt8(truncatingIfNeeded: rest / unit) &+ 0x30)
            rest %= unit
            unit /= 10
        }
    }
}
