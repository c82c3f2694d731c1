import HTTP
import Testing

@Suite("Bytes that prove who somebody is")
struct ConstantTimeTests {
    private static let key = Array("0123456789abcdef".utf8)

    @Test("are the same only if each of them is: whatever bits of a byte differ, and whatever comes behind it")
    func everyBit() {
        #expect(ConstantTime.areEqual(Self.key, Self.key))
        for place in Self.key.indices {
            for difference in 1...UInt8.max {
                var wrong = Self.key
                wrong[place] ^= difference
                #expect(!ConstantTime.areEqual(wrong, Self.key), "byte \(place), \(difference)")
                #expect(!ConstantTime.areEqual(Self.key, wrong), "byte \(place), \(difference)")
            }
        }
    }

    @Test("are others if there are more or fewer of them")
    func lengths() {
        #expect(ConstantTime.areEqual([], []))
        #expect(!ConstantTime.areEqual([], Self.key) && !ConstantTime.areEqual(Self.key, []))
        #expect(!ConstantTime.areEqual(Self.key + [0], Self.key) && !ConstantTime.areEqual(Self.key, Array(Self.key.dropLast())))
    }
}
