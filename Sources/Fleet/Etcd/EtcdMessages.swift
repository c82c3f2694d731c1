import FoundationEssentials

/// A 64-bit number as etcd's JSON has it, in quotes.
struct Quoted: Codable, Equatable {
    var value: Int64

    init(_ value: Int64) { self.value = value }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self), let value = Int64(text) {
            self.value = value
        } else {
            value = try container.decode(Int64.self)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode("\(value)")
    }
}

/// What etcd's JSON gateway takes and says (etcd 3.4, api_reference_v3): names as there, bytes in base64, and what is zero or
/// false left out.
enum EtcdMessage {
    struct Header: Decodable {
        var revision: Quoted?
    }

    struct KeyValue: Decodable {
        var key: Data
        var value: Data?
        var mod_revision: Quoted?
        var create_revision: Quoted?
        var lease: Quoted?
    }

    struct RangeRequest: Encodable {
        var key: Data
        var range_end: Data?
        var limit: Quoted?
        var min_mod_revision: Quoted?
        var keys_only: Bool?
        var count_only: Bool?
    }

    struct RangeResponse: Decodable {
        var kvs: [KeyValue]?
        var count: Quoted?
        var more: Bool?
    }

    struct PutRequest: Encodable {
        var key: Data
        var value: Data
        var lease: Quoted?
    }

    struct DeleteRequest: Encodable {
        var key: Data
    }

    struct Compare: Encodable {
        var key: Data
        var target: String
        var result = "EQUAL"
        var mod_revision: Quoted?
        var create_revision: Quoted?
    }

    struct Operation: Encodable {
        var request_range: RangeRequest?
        var request_put: PutRequest?
        var request_delete_range: DeleteRequest?
    }

    struct TxnRequest: Encodable {
        var compare: [Compare]
        var success: [Operation]
        var failure: [Operation]
    }

    struct Result: Decodable {
        var response_range: RangeResponse?
    }

    struct TxnResponse: Decodable {
        var header: Header
        var succeeded: Bool?
        var responses: [Result]?
    }

    struct Lease: Codable {
        var ID: Quoted?
        var TTL: Quoted?
    }

    /// What comes on a stream: one of these a line.
    struct Streamed<Content: Decodable>: Decodable {
        var result: Content?
        var error: Refusal?
    }

    struct WatchRequest: Encodable {
        struct Create: Encodable {
            var key: Data
            var range_end: Data
            var start_revision: Quoted
        }

        var create_request: Create
    }

    struct WatchResponse: Decodable {
        struct Event: Decodable {}

        var header: Header?
        var created: Bool?
        var canceled: Bool?
        var events: [Event]?
    }

    struct Credentials: Encodable {
        var name: String
        var password: String
    }

    struct Token: Decodable {
        var token: String
    }

    /// Words and number of an error (google.rpc.Code).
    struct Refusal: Decodable {
        var message: String?
        var code: Int?
    }

    static func encode(_ value: some Encodable) -> [UInt8]? { (try? JSONEncoder().encode(value)).map { Array($0) } }

    /// Values and members of one answer, far more than anything has that is asked for: reading one as JSON takes many times the
    /// memory and the time that its bytes take.
    private static let maxValues = 100_000

    /// What etcd has answered; nil, too, if it has more in it than anybody asks for.
    static func decodeAnswer<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        var count = 0
        // Of texts with these hardly any comes: documents and keys are base64.
        for byte in bytes where byte == UInt8(ascii: ",") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") { count += 1 }
        return count <= maxValues ? decode(type, bytes) : nil
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }
}
