/// One operation to measure. Whatever it needs is made once, by `prepare`; what is returned does the operation so many times.
struct Case: Sendable {
    /// Carries out the operation so many times. The sum of something that each one found keeps the optimiser from leaving it out.
    typealias Operation = (_ count: Int) -> Int

    /// `group/variant`; scripts/bench-micro has the budgets by these names.
    var name: String
    var prepare: @Sendable () -> Operation

    static let all = heads + routes + frames + picks

    static func named(_ name: String) -> Case? { all.first { $0.name == name } }
}

/// What a benchmark was given is wrong: there is nothing to measure.
func require<Value>(_ value: Value?, _ what: String) -> Value {
    guard let value else { fatalError("no \(what)") }
    return value
}
