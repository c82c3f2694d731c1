import TLS
import Upstreams

extension Plan {
    /// Who protects the records of TLS 1.3, and why, for an operator; nil if nothing here speaks TLS.
    package var recordsSummary: String? {
        let choice = listeners.lazy.compactMap { $0.tls?.records }.first ?? servers.lazy.compactMap { $0.tls?.records }.first
        return choice?.summary
    }
}
