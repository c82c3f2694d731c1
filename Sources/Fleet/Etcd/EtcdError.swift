/// Why etcd has not done what was asked.
enum EtcdError: Error, CustomStringConvertible {
    /// No endpoint can be reached; why the last one cannot.
    case unreachable(String)
    /// It says no: its number (google.rpc.Code) and words.
    case refused(Int, String)
    /// Its answer is none of etcd's.
    case malformed(String)
    /// The password's file cannot be used.
    case settings(String)
    case stopped

    var description: String {
        switch self {
        case .unreachable(let reason): "etcd cannot be reached: \(reason)"
        case .refused(let code, let reason): "etcd refuses (\(code)): \(reason)"
        case .malformed(let reason): "the answer is not etcd's: \(reason)"
        case .settings(let reason): reason
        case .stopped: "stopped"
        }
    }
}
