import Testing

@testable import HTTP

@Suite struct HTTPDateTests {
    @Test(
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (1_704_067_199, "Sun, 31 Dec 2023 23:59:59 GMT"), (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"), (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        ] as [(Int64, String)])
    func `Dates are written and read back`(_ seconds: Int64, _ date: String) {
        var out: [UInt8] = []
        HTTPDate.append(seconds, to: &out)
        #expect(text(out) == date)
        #expect(HTTPDate.parse(out.span, 0..<out.count, now: 0) == seconds)
    }

    @Test(
        arguments: [
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777), ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("Wed Nov 16 08:49:37 1994", 784_975_777), ("Friday, 01-Jan-27 00:00:00 GMT", 1_798_761_600),
            ("Wednesday, 01-Jan-76 00:00:00 GMT", 3_345_062_400), ("Saturday, 01-Jan-77 00:00:00 GMT", 220_924_800),
            ("Sat, 30 Dec 1899 00:00:00 GMT", -2_209_161_600), ("Sun, 06 Nov 1994 08:49:61 GMT", nil),
            ("Tue, 29 Feb 2100 00:00:00 GMT", nil), ("Sunday, 06 Nov 1994 08:49:37 GMT", nil),
            ("Sun, 06-Nov-94 08:49:37 GMT", nil), ("Sun Nov 6 08:49:37 1994", nil), ("Sun, +6 Nov 1994", nil),
            ("Sat Nov 26 08:49:37 2016", 1_480_150_177),
            (" Sun, 06 Nov 1994 08:49:37 GMT ", 784_111_777), ("Wednesday, 01-Jan-70 00:00:00 GMT", 3_155_760_000), ("", nil),
            ("0", nil),
            ("Sun, 06 Nov 1994 08:49:37", nil), ("Sun, 31 Feb 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 24:00:00 GMT", nil),
            ("Sun, 06 Nov 1994 08:60:00 GMT", nil), ("Sun, 6 Nov 1994 08:49:37 GMT", nil), ("Sun, 06 Xxx 1994 08:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 08:49:37 CET", nil), ("Sun, 00 Nov 1994 08:49:37 GMT", nil), ("Sun Nov 06x08:49:37 1994", nil),
            ("xxx, 06 Nov 1994 08:49:37 GMT", nil),
            ("Sunday, 06-Nov-94 08:49:37 GMTx", nil), ("Sundayxxxxxxxxxxxxxxxxxxxxxxxxx", nil),
        ] as [(String, Int64?)])
    func `The obsolete forms are read, and nothing else`(_ date: String, _ seconds: Int64?) {
        let input = bytes(date)
        // Now is 2026: 70 is 2070, 94 is 1994.
        #expect(HTTPDate.parse(input.span, 0..<input.count, now: 1_795_000_000) == seconds)
    }

    @Test func `Every day of four centuries is written and read back`() {
        for day in stride(from: Int64(-719_528), to: 150_000, by: 17) {
            var out: [UInt8] = []
            HTTPDate.append(day * 86_400 + 12_345, to: &out)
            #expect(HTTPDate.parse(out.span, 0..<out.count, now: 0) == day * 86_400 + 12_345)
        }
    }

    @Test(arguments: ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])
    func `A date cut anywhere is no date`(_ date: String) {
        let input = bytes(date)
        for count in 0..<input.count { #expect(HTTPDate.parse(input.span, 0..<count, now: 1_795_000_000) == nil) }
    }

    @Test func `A year of more than four digits is the last of four`() {
        #expect(HTTPDate.text(.max) == "Fri, 31 Dec 9999 23:59:59 GMT")
        #expect(HTTPDate.text(.min) == "Sat, 01 Jan 0000 00:00:00 GMT")
    }
}
