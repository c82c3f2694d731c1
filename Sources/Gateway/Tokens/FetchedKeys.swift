package import ACME
import EventLoop
import Protection
import Synchronization
import TLS

/// The keys of an issuer of tokens that are fetched from its URL. They outlive a plan, and failures to fetch them: the last good
/// ones hold. While there never were any, nobody comes in.
package final class FetchedKeys: Sendable {
    /// Which keys they are, in whatever plan.
    struct Identity: Hashable, Sendable {
        var url: String
        var caFile: String?
    }

    package let url: ServiceURL
    /// Authorities to trust; nil: the system's.
    let caFile: String?
    let shared: VersionedContent<WebKeys>
    /// Where they are kept for the next start.
    private let store: StateDirectory
    private let path: String
    /// When a token last named a key that is none of them, in monotonic nanoseconds; 0: never.
    private let missedAt = Atomic<UInt64>(0)
    private let wake = Mutex<(@Sendable () -> Void)?>(nil)
    let fetches = Atomic<Int>(0)
    let failures = Atomic<Int>(0)
    /// Seconds since 1970; 0: not by this process.
    let fetchedAt = Atomic<Int64>(0)

    /// The folder of the state directory that keeps fetched keys.
    static let folder = "jwks"
    /// Tokens with unknown keys cost their senders nothing, so that they have keys fetched no more often: nanoseconds.
    static let pauseBetweenMisses: UInt64 = 30_000_000_000

    /// Begins with what was kept, if that is still there.
    init(_ url: ServiceURL, caFile: String?, stateDirectory: String) {
        self.url = url
        self.caFile = caFile
        store = StateDirectory(stateDirectory)
        path = "\(Self.folder)/\(ContentHash.hexadecimal(Array("\(url)\n\(caFile ?? "")".utf8))).json"
        let kept = (try? store.read(path)).flatMap { $0 }.flatMap { try? WebKeys($0, isIssuers: true) }
        shared = VersionedContent(
            kept.map { .success($0) } ?? .failure(ContentFault(reason: "\(url): no keys have been fetched yet")))
    }

    /// A token names a key that is none of these: there may be new ones.
    /// - Parameter now: monotonic nanoseconds.
    func miss(now: UInt64) {
        let last = missedAt.load(ordering: .relaxed)
        guard last == 0 || now &- last >= Self.pauseBetweenMisses,
            missedAt.compareExchange(expected: last, desired: max(1, now), ordering: .relaxed).exchanged
        else { return }
        wake.withLock { $0 }?()
    }

    /// - Parameter body: has them fetched soon; nil: nobody does any more.
    func whenMissed(_ body: (@Sendable () -> Void)?) { wake.withLock { $0 = body } }

    /// Uses these keys, and keeps them for the next start.
    /// - Returns: why they could not be kept; nil if they were.
    func use(_ keys: WebKeys, text: [UInt8], now: Int64) -> String? {
        shared.replace(with: .success(keys))
        fetches.add(1, ordering: .relaxed)
        fetchedAt.store(now, ordering: .relaxed)
        do throws(ACMEError) {
            try store.write(text, to: path)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// They could not be fetched. Where there are none this is why.
    func fail(_ reason: String) {
        failures.add(1, ordering: .relaxed)
        if case .failure = shared.value { shared.replace(with: .failure(ContentFault(reason: "\(url): \(reason)"))) }
    }
}
