package import EventLoop

/// An actor that lives on an event loop's thread, as the gateway's workers do.
package actor LoopActor {
    package nonisolated let loop: EventLoop

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The actor holds its loop.
        unsafe loop.asUnownedSerialExecutor()
    }

    package init(loop: EventLoop) {
        self.loop = loop
    }
}

/// Runs `body` on the thread of a fresh event loop, and stops the loop after.
package func onLoop<Result: Sendable>(
    _ body: @Sendable (isolated LoopActor) async throws -> Result
) async throws -> Result {
    let loop = try EventLoop()
    try loop.start(name: "test")
    defer { loop.stop() }
    let actor = LoopActor(loop: loop)
    return try await withTaskExecutorPreference(loop) { try await body(actor) }
}
