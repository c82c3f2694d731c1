import CRecords
import Testing

/// RFC 8448 §3, "Simple 1-RTT Handshake": what its authors' implementations sent, byte for byte.
@Suite struct PublishedTraceTests {
    private static let clientSecret = bytes("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5")
    private static let serverSecret = bytes("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643")
    private static let payload = [UInt8](0...49)
    private static let clientData = bytes(
        """
        17 03 03 00 43 a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac ea 42 f9 14 aa 66 bc ab 3f 2b 98 19 a8 a5 b4 6b 39 5b
        d5 4a 9a 20 44 1e 2b 62 97 4e 1f 5a 62 92 a2 97 70 14 bd 1e 3d ea e6 3a ee bb 21 69 49 15 e4
        """)
    private static let serverData = bytes(
        """
        17 03 03 00 43 2e 93 7e 11 ef 4a c7 40 e5 38 ad 36 00 5f c4 a4 69 32 fc 32 25 d0 5f 82 aa 1b 36 e3 0e fa f9 7d 90 e6 df fc
        60 2d cb 50 1a 59 a8 fc c4 9c 4b f2 e5 f0 a2 1c 00 47 c2 ab f3 32 54 0d d0 32 e1 67 c2 95 5d
        """)
    private static let clientAlert = bytes("17 03 03 00 13 c9 87 27 60 65 56 66 b7 4d 7f f1 15 3e fd 6d b6 d0 b0 e3")
    private static let serverAlert = bytes("17 03 03 00 13 b5 8f d6 71 66 eb f5 99 d2 47 20 cf be 7e fa 7a 88 64 a9")

    private static let serverTicket = bytes(
        """
        17 03 03 00 de 3a 6b 8f 90 41 4a 97 d6 95 9c 34 87 68 0d e5 13 4a 2b 24 0e 6c ff ac 11 6e 95 d4 1d 6a f8 f6 b5 80 dc f3 d1
        1d 63 c7 58 db 28 9a 01 59 40 25 2f 55 71 3e 06 1d c1 3e 07 88 91 a3 8e fb cf 57 53 ad 8e f1 70 ad 3c 73 53 d1 6d 9d a7 73
        b9 ca 7f 2b 9f a1 b6 c0 d4 a3 d0 3f 75 e0 9c 30 ba 1e 62 97 2a c4 6f 75 f7 b9 81 be 63 43 9b 29 99 ce 13 06 46 15 13 98 91
        d5 e4 c5 b4 06 f1 6e 3f c1 81 a7 7c a4 75 84 00 25 db 2f 0a 77 f8 1b 5a b0 5b 94 c0 13 46 75 5f 69 23 2c 86 51 9d 86 cb ee
        ac 87 aa c3 47 d1 43 f9 60 5d 64 f6 50 db 4d 02 3e 70 e9 52 ca 49 fe 51 37 12 1c 74 bc 26 97 68 7e 24 87 46 d6 df 35 30 05
        f3 bc e1 86 96 12 9c 81 53 55 6b 3b 6c 67 79 b3 7b f1 59 85 68 4f
        """)

    @Test func `traffic keys come of the secrets`() {
        let client = Side(secret: Self.clientSecret), server = Side(secret: Self.serverSecret)
        #expect(Array(client.key.prefix(16)) == bytes("17422dda596ed5d9acd890e3c63f5051"))
        #expect(client.initialVector == bytes("5b78923dee08579033e523d9"))
        #expect(Array(server.key.prefix(16)) == bytes("9f02283b6c9c07efc26bb9f2ac92e356"))
        #expect(server.initialVector == bytes("cf782b88dd83549aadf1e984"))
    }

    @Test func `the client's side seals and opens what was sent`() {
        let client = Layer(own: Self.clientSecret, peers: Self.serverSecret, isClient: true)
        #expect(client.seal(Self.payload) == Self.clientData)
        // The server's first record is its ticket.
        #expect(client.receive(Self.serverTicket) == Layer.Outcome())
        #expect(client.receive(Self.serverData) == Layer.Outcome(data: Self.payload))
        client.close()
        #expect(client.sealOwed() == Self.clientAlert)
        #expect(client.receive(Self.serverAlert).result == GH_END)
    }

    @Test func `the server's side seals and opens what was sent`() {
        let server = Layer(own: Self.serverSecret, peers: Self.clientSecret)
        // It sent a ticket first: its data are its second record.
        #expect(server.seal([1]) != nil)
        #expect(server.receive(Self.clientData) == Layer.Outcome(data: Self.payload))
        #expect(server.seal(Self.payload) == Self.serverData)
        #expect(server.receive(Self.clientAlert).result == GH_END)
        server.close()
        #expect(server.sealOwed() == Self.serverAlert)
    }

    @Test func `a trace is opened wherever it is cut`() {
        let trace = Self.clientData + Self.clientAlert
        for piece in 1...trace.count {
            for capacity in [1, 7, 50, 100] {
                let server = Layer(own: Self.serverSecret, peers: Self.clientSecret)
                let outcome = server.receive(trace, piece: piece, capacity: capacity)
                #expect(outcome == Layer.Outcome(data: Self.payload, result: GH_END), "in pieces of \(piece)")
            }
        }
    }
}
