import EventLoop
import HTTP
import Messages
import Upstreams

/// What is done for calls of gRPC's besides what is done for any request.
extension Exchange {
    func setOptions(_ options: inout RelayOptions, ofCall request: RequestHead) {
        options.isCall = true
        if let timeout = request.grpcTimeout { options.deadline = record.began &+ timeout }
    }

    /// Keeps the status that a call has ended with.
    mutating func noteCall(_ relay: borrowing Relay) {
        guard record.server != nil, relay.download.request.isGRPC else { return }
        record.grpcStatus = relay.download.callStatus
    }

    /// A call whose time is over in the middle of its answer ends with trailers that say so: nothing is wrong with what has come,
    /// and a reset would say no more than that something is.
    mutating func endCall(_ relay: inout Relay, _ failure: Failure) {
        guard case .exchange(.grpcDeadline) = failure.reason, let writer = relay.takeWriter() else { return }
        record.grpcStatus = failure.grpcStatus.rawValue
        writer.finish(trailers: GRPC.trailers(failure.grpcStatus, failure.clientDetail))
    }

    /// Has `endCall` ended the answer?
    var hasEndedCall: Bool {
        guard let failure = record.failure, case .exchange(.grpcDeadline) = failure.reason else { return false }
        return responder == nil && record.grpcStatus != nil
    }

    /// Answers a failed call in its own words: a head with `grpc-status` that is the whole answer ("Trailers-Only"). A page would
    /// be nothing to its client.
    mutating nonisolated(nonsending) func send(callFailure failure: Failure) async throws(Failure) {
        guard let responder = responder.take() else { return }
        let status = failure.grpcStatus
        record.status = 200
        record.grpcStatus = status.rawValue
        var fields = AnswerFields("Content-Type", "application/grpc")
        fields.append("grpc-status", UInt64(status.rawValue))
        fields.append("grpc-message", GRPC.message(failure.clientDetail))
        fields.append(proxyStatus: failure.reason, by: generation.plan.proxyName)
        fields.append(answerFields)
        let own = headers.errors
        own.apply(to: &fields)
        let writer = responder.begin(
            Answer(
                status: 200, framing: .none, statedLength: nil, fields: fields, siteFields: own.common, hasDate: own.replacesDate)
        )
        writer.finish()
        try await flush()
    }
}

extension Failure {
    /// What a client of gRPC's is told.
    fileprivate var grpcStatus: GRPC.Status {
        if case .exchange(.grpcDeadline) = reason { return .deadlineExceeded }
        return GRPC.Status(http: status)
    }
}

extension Download {
    /// A call's `grpc-status`, once its answer is whole; nil without one.
    var callStatus: Int? { source.isBodyFinished ? GRPC.status(in: source.trailers) ?? GRPC.status(in: head.fields) : nil }
}
