/// What is wrong with documents that a member does not use, and with other subjects. Each is told once, and not without end:
/// whoever can write to etcd decides how many there are.
struct Complaints {
    /// By the keys of documents in etcd, and by other subjects.
    private var texts: [String: String] = [:]
    /// Lines of the log about documents since the present look began.
    private var linesOfLook = 0

    /// Documents that are not used and remembered as such.
    static let maxCount = 1000
    /// Lines about them of one look.
    static let maxLinesOfLook = 20

    var isEmpty: Bool { texts.isEmpty }

    /// Sorted, as they are shown.
    var all: [String] { texts.values.sorted() }

    /// Another look begins, which may fill as many lines.
    mutating func beginLook() { linesOfLook = 0 }

    /// - Parameter problem: nil: there is none, or none any more.
    /// - Returns: is that another than before?
    @discardableResult
    mutating func note(_ problem: String?, of subject: String) -> Bool {
        let text = problem.map { "\(subject): \($0)" }
        guard texts[subject] != text else { return false }
        texts[subject] = text
        return true
    }

    /// A document is not used.
    /// - Parameter key: the document's in etcd.
    /// - Returns: is there to be a line of the log about it?
    mutating func note(_ fault: DocumentFault, of key: String) -> Bool {
        guard texts[key] != nil || texts.count < Self.maxCount, note("\(fault)", of: key) else { return false }
        linesOfLook += 1
        return linesOfLook <= Self.maxLinesOfLook
    }
}
