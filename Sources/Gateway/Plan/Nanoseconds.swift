extension Duration {
    /// Whole nanoseconds, bounded.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0 else { return 0 }
        return UInt64(min(seconds, 1 << 33)) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
    }
}
