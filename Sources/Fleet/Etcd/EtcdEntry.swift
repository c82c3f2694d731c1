/// One key as etcd has it.
struct EtcdEntry: Equatable {
    var key: String
    var value: [UInt8]
    /// The revision that it is of.
    var revision: Int64
    /// The revision that it was made with.
    var created: Int64
    /// That it ends with; 0: none.
    var lease: Int64 = 0
}
