extension Rule {
    static let longestFile = 400
    static let longestFunction = 70
    static let widestLine = 130

    static let sizeRules = [
        Rule(name: "file-length") { file, _ in
            guard file.isSwift || file.isC || file.isProgram, file.lineCount > longestFile else { return [] }
            return [(file.lineCount, "\(file.lineCount) lines: split it, one type or one step a file, \(longestFile) at most")]
        },
        Rule(name: "function-length") { file, _ in
            let functions = file.isC ? FunctionExtent.all(inC: file.text) : FunctionExtent.all(in: file.code)
            return functions.filter { $0.length > longestFunction }.map {
                ($0.firstLine, "`\($0.name)` has \($0.length) lines: name its steps and split it, \(longestFunction) at most")
            }
        },
        Rule(name: "line-length") { file, _ in
            guard file.isSwift || file.isC || file.isProgram else { return [] }
            return file.lines.enumerated().filter { $0.element.utf8.count > widestLine && $0.element.count > widestLine }.map {
                ($0.offset + 1, "\($0.element.count) columns: break it, \(widestLine) at most")
            }
        },
    ]
}
