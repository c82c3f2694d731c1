import HTTP
import Messages

/// The question of gRPC's health checking (`grpc.health.v1.Health/Check`, health/v1/health.proto of the grpc-proto repository),
/// and its answer.
enum GRPCHealth {
    /// Bytes of an answer's body: a message of two bytes and what stands before it, and room for what later versions may add.
    static let maxBytes = 1024

    /// - Parameters:
    ///   - service: whose health is asked for; of at most 100 bytes. Empty: the server's own.
    ///   - basePath: put before the path.
    static func request(_ service: String, authority: [UInt8], basePath: [UInt8]) -> Call.Request {
        var request = Call.Request(.post, basePath + Array("/grpc.health.v1.Health/Check".utf8), authority: authority)
        request.fields.append("Content-Type", "application/grpc")
        request.fields.append("User-Agent", "gatehouse-probe")
        let name = Array(service.utf8)
        // Field 1, a string.
        let message = name.isEmpty ? [] : [0x0A, UInt8(name.count)] + name
        request.body = [0, 0, 0, 0, UInt8(message.count)] + message
        return request
    }

    /// What an answer says.
    static func finding(_ answer: Call.Answer) -> (isServing: Bool, reason: String) {
        guard answer.status == 200 else { return (false, "status \(answer.status)") }
        guard let status = GRPC.status(in: answer.trailers) ?? GRPC.status(in: answer.fields) else {
            return (false, "no grpc-status")
        }
        guard status == 0 else { return (false, "grpc-status \(status)") }
        let serving = servingStatus(answer.body)
        let names = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]
        return (serving == 1, serving < names.count ? names[serving] : "serving status \(serving)")
    }

    /// Field 1, a number; 0 if it is not there. The message is not compressed, since nothing says that it may be.
    private static func servingStatus(_ body: [UInt8]) -> Int {
        guard body.count >= 7, body[0] == 0, body[5] == 0x08, body[6] < 0x80 else { return 0 }
        return Int(body[6])
    }
}
