/// A stage that several tests use one after another.
actor Shared {
    private let make: @Sendable () throws -> Stage
    private var stage: Stage?

    init(_ make: @escaping @Sendable () throws -> Stage) {
        self.make = make
    }

    /// Runs `body` with the stage, which is made for the first.
    func run(_ body: @Sendable (Stage) throws -> Void) throws {
        let stage = try self.stage ?? make()
        self.stage = stage
        try body(stage)
    }
}
