import Testing

@testable import Gateway

/// A box that is taken out and put back has what was in it, which ends with the box, once.
@Suite struct UniqueBoxTests {
    private final class Ends {
        var count = 0
    }

    private struct Content: ~Copyable {
        var number: Int
        let ends: Ends
        deinit { ends.count += 1 }
    }

    private final class Owner {
        private var box: UniqueBox<Content>

        init(_ content: consuming Content) { box = UniqueBox(content) }

        func add(_ more: Int) -> Int {
            var lent = exchange(&box, with: UniqueBox())
            lent.value.number += more
            let sum = lent.value.number
            _ = exchange(&box, with: lent)
            return sum
        }
    }

    @Test func `What is in it is changed where it is, and is gone with its owner`() {
        let ends = Ends()
        var owner: Owner? = Owner(Content(number: 1, ends: ends))
        #expect(owner?.add(2) == 3)
        #expect(owner?.add(4) == 7)
        #expect(ends.count == 0)
        owner = nil
        #expect(ends.count == 1)
    }
}
