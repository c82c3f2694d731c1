import Testing
import WebSocket

struct ExtensionsTests {
    @Test(
        arguments: [
            ([], .none), ([""], .none), ([" , ,"], .none), (["permessage-deflate"], .permessageDeflate),
            (["\tpermessage-deflate ; client_max_window_bits=15; server_no_context_takeover"], .permessageDeflate),
            (["permessage-deflate;x=\"a, b\""], .permessageDeflate), (["", "permessage-deflate"], .permessageDeflate),
            (["x-webkit-deflate-frame"], .unknown), (["permessage-deflate, mux"], .unknown),
            (["mux", "permessage-deflate"], .unknown), (["permessage-deflate", "mux"], .unknown), ([";"], .none),
            ([String(repeating: "permessage-deflate", count: 100)], .unknown),
        ] as [([String], Extensions)])
    func `the answer's field says which reserved bits are free`(_ fieldValues: [String], _ extensions: Extensions) {
        var negotiated = Extensions.none
        for value in fieldValues { negotiated.add(fieldValue: utf8(value).span) }
        #expect(negotiated == extensions)
    }
}
