/// One key as etcd has it.
struct EtcdEntry: Equatable {
    var key: String
    var value: [UInt8]
    /// The revision that has changed it last.
    var revision: Int64
    /// The revision that it was made with.
    var created: Int64
    /// The lease that the key ends with; 0: none.
    var lease: Int64 = 0
}
