/// What a stored answer is found by: who answers, the authority, and the target (RFC 9111 §2); the method is always GET.
package struct CacheKey: Hashable, Sendable {
    /// Which of a site's routes answers: one target may go to several.
    package let route: UInt64
    /// Authority in lower case, path and query.
    package let target: [UInt8]

    package init(route: UInt64, _ request: RequestHead) {
        self.route = route
        var target: [UInt8] = []
        let (bytes, authority, path) = (request.bytes, request.authorityRange, request.pathAndQuery)
        let count = authority.count + path.count
        if count > 0 {
            target.append(addingCapacity: count) { out in
                out.write(lowerCase: bytes.span.extracting(authority))
                out.write(bytes, path)
            }
        }
        self.target = target
    }

    /// - Parameter target: as it is kept.
    package init(route: UInt64, target: [UInt8]) {
        self.route = route
        self.target = target
    }

    /// The target that COPY or MOVE writes to (RFC 4918 §10.3), as `target` has it; nil of other requests, and where that is
    /// none of the authority that was asked.
    package static func destination(of request: RequestHead) -> [UInt8]? {
        guard request.method == .other else { return nil }
        let bytes = request.fields.bytes.span
        let asked = request.fields.bytes[request.authorityRange].map(ByteClass.lowerCase)
        for line in request.fields.lines where Text.equal(bytes, line.name, "destination") {
            return DestinationRewrite.target(bytes.extracting(line.value), asked: asked).map { asked + $0.bytes }
        }
        return nil
    }

    /// Eight bytes at a time, by the process's own seed: a client that chooses targets cannot make them collide.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(route)
        hasher.combine(target.count)
        let bytes = target.span
        var index = 0
        while index < bytes.count {
            let end = min(index &+ 8, bytes.count)
            hasher.combine(ByteScanning.word(bytes, index..<end))
            index = end
        }
    }

    /// By one comparison of their bytes; an array compares them one by one.
    package static func == (one: CacheKey, other: CacheKey) -> Bool {
        one.route == other.route && ByteScanning.same(one.target.span, other.target.span)
    }
}
