/// One thing to mend. Printed on one line: `path:line: rule: what to do`.
struct Finding: Equatable, CustomStringConvertible {
    var path: String
    var line: Int
    var rule: String
    var advice: String

    var description: String { "\(path):\(line): \(rule): \(advice)" }
}

/// A rule of style: a pure function of one file and of what the project says about itself.
struct Rule: Sendable, CustomStringConvertible {
    /// A remark of a rule on a line.
    typealias Remark = (line: Int, advice: String)

    let name: String
    let check: @Sendable (SourceFile, Project) -> [Remark]

    var description: String { name }

    func findings(in file: SourceFile, of project: Project) -> [Finding] {
        check(file, project).map { Finding(path: file.path, line: $0.line, rule: name, advice: $0.advice) }
    }
}

extension Rule {
    /// Every rule that looks at one file. `ProjectRules` has those that look at all of them together.
    static let all: [Rule] =
        sizeRules + safetyRules + importRules + namingRules + documentationRules + testRules + textRules
}
