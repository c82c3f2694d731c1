/// The buckets of durations: from a millisecond, which is what a near upstream takes, to ten seconds, which nobody waits for.
enum DurationBuckets {
    /// One more than there are bounds: the last takes what is longer than any.
    static let count = 13
    /// As seconds, each the largest that its bucket takes. Written as OpenMetrics has numbers, in both formats, so that a series
    /// is the same in both.
    static let bounds: [StaticString] = [
        "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "10.0",
    ]

    /// The same, in nanoseconds.
    static let limits: [Double] = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000].map { $0 * 1_000_000 }

    /// - Parameter duration: in nanoseconds.
    @inline(__always)
    static func bucket(_ duration: UInt64) -> Int {
        switch duration {
        case ...1_000_000: 0
        case ...2_500_000: 1
        case ...5_000_000: 2
        case ...10_000_000: 3
        case ...25_000_000: 4
        case ...50_000_000: 5
        case ...100_000_000: 6
        case ...250_000_000: 7
        case ...500_000_000: 8
        case ...1_000_000_000: 9
        case ...2_500_000_000: 10
        case ...10_000_000_000: 11
        default: 12
        }
    }
}

/// The buckets of bodies' sizes: what fits a packet, a TLS record, a large page, a photograph, a film.
enum SizeBuckets {
    static let count = 6
    /// The bounds of the buckets, in bytes.
    static let bounds: [StaticString] = ["1024.0", "16384.0", "262144.0", "4194304.0", "67108864.0"]

    /// - Parameter size: in bytes.
    @inline(__always)
    static func bucket(_ size: UInt64) -> Int {
        switch size {
        case ...1024: 0
        case ...16_384: 1
        case ...262_144: 2
        case ...4_194_304: 3
        case ...67_108_864: 4
        default: 5
        }
    }
}
