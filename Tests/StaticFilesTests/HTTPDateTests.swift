import Testing

@testable import StaticFiles

@Suite struct HTTPDateTests {
    private static let now: Int64 = 1_790_000_000  // in 2026

    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (1_704_067_199, "Sun, 31 Dec 2023 23:59:59 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] as [(Int64, String)])
    func `a time is written and read back`(seconds: Int64, text: String) {
        #expect(HTTPDate.format(seconds) == text)
        #expect(HTTPDate.parse(Array(text.utf8), now: Self.now) == seconds)
    }

    @Test func `every day of four centuries survives`() {
        for day in Int64(0)..<150_000 {
            let seconds = day * 86400 + day % 86400
            #expect(HTTPDate.parse(Array(HTTPDate.format(seconds).utf8), now: Self.now) == seconds)
        }
    }

    @Test func `a time out of range is moved into it`() {
        #expect(HTTPDate.format(-1) == HTTPDate.format(0))
        #expect(HTTPDate.format(.max) == "Fri, 31 Dec 9999 23:59:59 GMT")
    }

    @Test(
        arguments: [
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777), ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("Wed Nov 16 08:49:37 1994", 784_975_777), ("Wednesday, 01-Jan-70 00:00:00 GMT", 3_155_760_000),
            ("Friday, 01-Jan-27 00:00:00 GMT", 1_798_761_600), ("Wednesday, 01-Jan-76 00:00:00 GMT", 3_345_062_400),
            ("Saturday, 01-Jan-77 00:00:00 GMT", 220_924_800), ("Sat, 30 Dec 1899 00:00:00 GMT", -2_209_161_600),
        ] as [(String, Int64)])
    func `the older forms are read`(text: String, seconds: Int64) {
        #expect(HTTPDate.parse(Array(text.utf8), now: Self.now) == seconds)
    }

    @Test(arguments: [
        "", "Sun", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Tue, 29 Feb 2100 00:00:00 GMT",
        "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sunday, 06 Nov 1994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "Sun, +6 Nov 1994",
    ])
    func `anything else is no date`(text: String) {
        #expect(HTTPDate.parse(Array(text.utf8), now: Self.now) == nil)
    }

    @Test func `a date cut anywhere is no date`() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            for count in 0..<text.utf8.count {
                #expect(HTTPDate.parse(Array(text.utf8.prefix(count)), now: Self.now) == nil)
            }
        }
    }
}
