import Testing

@testable import HTTP

@Suite struct MethodTests {
    @Test func `Methods that may be repeated after a failure are those RFC 9110 calls idempotent`() {
        #expect(Method.put.isIdempotent && Method.delete.isIdempotent && Method.get.isIdempotent)
        #expect(!Method.post.isIdempotent && !Method.patch.isIdempotent && !Method.other.isIdempotent)
    }
}
