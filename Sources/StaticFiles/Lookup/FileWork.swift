/// What a search, or a body, needs of the file system: to be done where waiting harms nobody.
package struct FileWork: Sendable {
    /// What it came to.
    package struct Done: Sendable {
        let result: Result
    }

    enum Result: Sendable {
        case looked(FileLookup.Found)
        /// Nil if the file was written to meanwhile, or cannot be read: that is told when it is sent.
        case loaded([UInt8]?)
    }

    enum Kind: Sendable {
        case look(FileLookup)
        case load(OpenFile)
    }

    let kind: Kind

    /// Does it. May block for as long as the file system likes.
    package func run() -> Done {
        switch kind {
        case .look(let lookUp): Done(result: .looked(lookUp.run()))
        case .load(let file): Done(result: .loaded(Self.content(of: file)))
        }
    }

    private static func content(of file: OpenFile) -> [UInt8]? {
        let size = Int(file.facts.size)
        var content: [UInt8] = []
        // To append nothing would write into the empty array that all threads share.
        if size > 0 {
            do throws(StaticError) {
                try content.append(addingCapacity: size) { output throws(StaticError) in
                    while output.count < size,
                        try file.read(into: &output, at: UInt64(output.count), limit: size - output.count) > 0
                    {}
                }
            } catch {
                return nil
            }
        }
        return content.count == size && file.isUnchanged ? content : nil
    }
}
