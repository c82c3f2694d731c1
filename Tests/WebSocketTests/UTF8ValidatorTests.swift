import Testing
import WebSocket

struct UTF8ValidatorTests {
    /// The standard library judges as well; every sequence of one, two and three bytes of the interesting values, and the
    /// four-byte ones built from the borders.
    static let borders: [UInt8] = [
        0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0,
        0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ]

    @Test(arguments: borders)
    func `text is judged as the standard library judges it`(_ first: UInt8) {
        var wrong: [[UInt8]] = []
        for second in Self.borders {
            for third in Self.borders {
                for fourth in Self.borders {
                    let bytes = [first, second, third, fourth]
                    for count in 1...4 where Self.isValid(bytes.prefix(count)) != Self.judge(bytes.prefix(count)) {
                        wrong.append(Array(bytes.prefix(count)))
                    }
                }
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test func `every pair of bytes is judged right`() {
        var wrong: [[UInt8]] = []
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max where Self.isValid([first, second]) != Self.judge([first, second]) {
                wrong.append([first, second])
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test func `an unfinished character is not yet wrong and not yet whole`() {
        var validator = UTF8Validator()
        for byte in utf8("😀").dropLast() {
            let judgement = validator.judge([byte])
            #expect(judgement == (true, false))
        }
        let judgement = validator.judge([0x80])
        #expect(judgement == (true, true))
    }

    @Test func `wrong once is wrong for ever`() {
        var validator = UTF8Validator()
        let judgements = [[0xFF], utf8("a"), []].map { validator.judge($0) }
        #expect(judgements.allSatisfy { $0 == (false, false) })
    }

    private static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }

    private static func judge(_ bytes: ArraySlice<UInt8>) -> Bool {
        var validator = UTF8Validator()
        return validator.judge(Array(bytes)) == (true, true)
    }
}
