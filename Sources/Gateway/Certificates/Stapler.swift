import ACME
package import EventLoop
import HTTP
package import Logging
import Messages
import TLS

/// Fetches and renews OCSP answers for all certificates that are stapled, on a thread of its own: no handshake waits for it.
///
/// What it gets is kept in the state directory, where certificates find it when they are loaded.
package actor Stapler {
    package nonisolated let loop: EventLoop
    private let gateway: Gateway
    private let directory: StateDirectory
    private let log: Logger
    private let waiter: Waiter
    private var isStopped = false
    /// What is being asked, by `OCSPStaple.cacheName`.
    private var questions: [String: Question] = [:]
    /// What is known of each answer, by `OCSPStaple.cacheName`.
    private var records: [String: Record] = [:]

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The actor holds its loop, which whoever runs it stops when it has ended.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// What is known of one certificate's answers.
    private struct Record {
        var schedule: StapleSchedule
        /// The one in use, for whoever loads the certificate again; nil: what is kept in the directory is.
        var answer: [UInt8]?
        /// From when the newest answer is that calls the certificate revoked, in seconds since 1970; nil: none does.
        var revocation: Int64?
        /// Was it said that there is none?
        var saidProblem: String?
    }

    /// A call of its own, so that a responder that is silent keeps nobody else's answer waiting.
    private struct Question {
        let waiter: Waiter
        let calls: ServiceCalls

        init(_ loop: EventLoop) {
            waiter = Waiter(loop: loop)
            calls = ServiceCalls(waiter)
        }
    }

    /// The folder of the state directory that keeps OCSP answers.
    static let folder = "ocsp"
    /// How many responders are asked at a time (docs/limits.md).
    private static let maxQuestions = 32
    /// The longest sleep: clocks are set, and certificates are replaced, without anybody telling.
    private static let maxSleep: UInt64 = 10_000_000_000

    /// - Parameter loop: started, and this actor's alone.
    package init(_ gateway: Gateway, stateDirectory: String, loop: EventLoop, log: Logger) {
        self.loop = loop
        self.gateway = gateway
        self.log = log
        directory = StateDirectory(stateDirectory)
        waiter = Waiter(loop: loop)
    }

    /// Makes it look at what is stapled now.
    package func look() { waiter.notify() }

    /// Until `stop()`.
    package func run() async {
        await withDiscardingTaskGroup { asking in
            while !isStopped {
                let staples = Dictionary(grouping: current, by: \.cacheName)
                forget(all: staples)
                for (name, group) in staples where isDue(group, name) && questions.count < Self.maxQuestions {
                    questions[name] = Question(loop)
                    asking.addTask { await self.renew(group, name) }
                }
                _ = await waiter.wait(timeout: sleep)
            }
        }
        waiter.retire()
    }

    /// Ends what is under way.
    package func stop() {
        isStopped = true
        for question in questions.values { question.calls.stop() }
        waiter.notify()
    }

    // MARK: -

    private static var now: Int64 { Int64(realtimeNanoseconds() / 1_000_000_000) }

    private var current: [OCSPStaple] {
        let plan = gateway.currentPlan
        return (plan.certificates.flatMap(\.context.staples) + plan.demands.flatMap(\.staples)).filter { $0.flaw == nil }
    }

    private var sleep: UInt64 {
        let next = records.filter { questions[$0.key] == nil }.values.map(\.schedule.next).min() ?? .max
        return min(UInt64(clamping: max(1, min(next - Self.now, 3600))) * 1_000_000_000, Self.maxSleep)
    }

    /// Certificates that are shown no more leave nothing behind.
    private func forget(all but: [String: [OCSPStaple]]) {
        for name in records.keys where but[name] == nil {
            records[name] = nil
            try? directory.remove("\(Self.folder)/\(name)")
        }
    }

    /// Must somebody be asked?
    /// - Parameter group: of one certificate, for each site that shows it.
    private func isDue(_ group: [OCSPStaple], _ name: String) -> Bool {
        let record =
            records[name]
            ?? Record(
                schedule: StapleSchedule(
                    now: Self.now, kept: group.lazy.compactMap(\.inUse).first, chance: Double.random(in: 0..<1)),
                revocation: group.compactMap(\.revocation).max())
        records[name] = record
        if let answer = record.answer {
            for staple in group where staple.inUse == nil { _ = staple.use(answer, now: Self.now) }
        }
        return questions[name] == nil && record.schedule.next <= Self.now
    }

    /// Asks, as is noted in `questions`.
    private func renew(_ group: [OCSPStaple], _ name: String) async {
        guard let question = questions[name], var record = records[name] else { return }
        do throws(Failure) {
            let answer = try await ask(group[0], by: question.calls)
            // A reload may have made others of it meanwhile.
            let latest = current.filter { $0.cacheName == name }
            try use(answer, for: latest.isEmpty ? group : latest, &record)
        } catch {
            if !isStopped { refuse(error.reason, for: group[0], &record) }
        }
        records[name] = record
        questions[name] = nil
        question.calls.close()
        question.waiter.retire()
        // There is room for another question, and what is in use may have changed meanwhile.
        waiter.notify()
    }

    private func use(_ answer: [UInt8], for group: [OCSPStaple], _ record: inout Record) throws(Failure) {
        let now = Self.now
        var refusal: OCSPStaple.Refusal?
        for staple in group {
            switch staple.use(answer, now: now, after: record.revocation) {
            case .failure(let found): refusal = refusal ?? found
            case .success(let lifetime): record.schedule.succeeded(lifetime, now: now, chance: Double.random(in: 0..<1))
            }
        }
        if let refusal {
            if case .revoked(let time) = refusal {
                record.answer = nil
                // An older one, as of a cache, in place of a newer would let in more of what was good before after a restart.
                let newest = max(time, record.revocation ?? time)
                record.revocation = newest
                if time == newest { keepRevocation(answer, of: group[0]) }
            }
            throw Failure(reason: "\(refusal)")
        }
        record.answer = answer
        record.saidProblem = nil
        var facts: Logger.Metadata = [
            "certificate": "\(group[0].file)", "responder": "\(group[0].responder ?? "")",
            "until": "\(Timestamp.text(seconds: group[0].inUse?.until ?? now))",
            "next": "\(Timestamp.text(seconds: record.schedule.next))",
        ]
        do throws(ACMEError) {
            try directory.write(answer, to: "\(Self.folder)/\(group[0].cacheName)")
        } catch {
            facts["kept"] = "no: \(error)"
        }
        log.info("a new OCSP answer is in use", metadata: facts)
    }

    /// In place of the one before: the next start, or reload, would show what was good until then, and take it once more from
    /// whoever sits between the responder and here.
    private func keepRevocation(_ answer: [UInt8], of staple: OCSPStaple) {
        let path = "\(Self.folder)/\(staple.cacheName)"
        do throws(ACMEError) {
            try directory.write(answer, to: path)
        } catch {
            // For this much there may be room.
            try? directory.remove(path)
            log.warning(
                "an OCSP answer that calls a certificate revoked is not kept",
                metadata: ["certificate": "\(staple.file)", "reason": "\(error)"])
        }
    }

    private func refuse(_ reason: String, for staple: OCSPStaple, _ record: inout Record) {
        record.schedule.failed(now: Self.now, chance: Double.random(in: 0..<1))
        let holds = staple.inUse.map { $0.until > Self.now } ?? false
        var facts: Logger.Metadata = [
            "certificate": "\(staple.file)", "responder": "\(staple.responder ?? "")", "reason": "\(reason)",
            "next": "\(Timestamp.text(seconds: record.schedule.next))",
        ]
        if holds, let until = staple.inUse?.until { facts["until"] = "\(Timestamp.text(seconds: until))" }
        if !holds, staple.isRequired {
            facts["help"] = "the certificate is must-staple: clients refuse it until there is an answer"
        }
        // The same once more is for who looks closely.
        let level: Logger.Level = record.saidProblem == reason ? .info : !holds && staple.isRequired ? .error : .warning
        record.saidProblem = reason
        log.log(level: level, "no new OCSP answer", metadata: facts)
    }

    // MARK: The call

    private struct Failure: Error {
        var reason: String
    }

    /// RFC 6960 §A.1: by POST.
    private func ask(_ staple: OCSPStaple, by calls: ServiceCalls) async throws(Failure) -> [UInt8] {
        guard let text = staple.responder, let url = ServiceURL(text, allowsPlain: true), let question = staple.question else {
            throw Failure(reason: "the responder's URL is none of http or https")
        }
        var request = ServiceCalls.request(.post, to: url, accept: "application/ocsp-response")
        request.body = question
        request.fields.append("Content-Type", "application/ocsp-request")
        do throws(ServiceCalls.Failure) {
            return try await calls.send(request, to: url, maxBodyBytes: OCSPStaple.maxAnswerBytes)
        } catch {
            switch error {
            case .unreachable(let reason): throw Failure(reason: reason)
            case .call(let error): throw Failure(reason: "\(url.host): \(error)")
            case .status(let status): throw Failure(reason: "\(url.host) answers \(status)")
            }
        }
    }
}
