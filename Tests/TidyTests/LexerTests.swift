import Testing

/// Source, and what should be made of it; shown in one line.
struct Vector<Expected: Sendable>: Sendable, CustomTestStringConvertible {
    var source: String
    var expected: Expected

    init(_ source: String, _ expected: Expected) { (self.source, self.expected) = (source, expected) }

    var testDescription: String { source.debugDescription }
}

@Suite("The lexer tells code from text")
struct LexerTests {
    /// Source, and its words and punctuation as they should come out; strings as <…>, comments as ~.
    static let table: [Vector<String>] = [
        Vector("let a = b+1", "let a = b + 1"),
        Vector(#""func {" // func {"#, "<func {> ~"),
        Vector(#""a\"b" c"#, #"<a\"b> c"#),
        Vector(#""one \(two("three")) four" five"#, "<one > ( two ( <three> ) ) < four> five"),
        Vector(##"#"raw \(x) " \#(y)"# z"##, ##"<raw \(x) " > ( y ) <> z"##),
        Vector("\"\"\"\n  func a() {\n  \"b\" \\(c)\n  \"\"\" d", "<\n  func a() {\n  \"b\" > ( c ) <\n  > d"),
        Vector("/* a /* b */ { */ c /// d", "~ c ~"),
        Vector("x = /a\"b/ y", "x = </a\"b/> y"),
        Vector("#/a\"b/# y", "<#/a\"b/#> y"),
        Vector("a / b / c \"d\"", "a / b / c <d>"),
        Vector("func `a sentence`() {}", "func `a sentence` ( ) { }"),
        Vector("\"not closed\n{", "<not closed> {"),
        Vector("", ""),
    ]

    @Test("tokens", arguments: table)
    func tokens(_ vector: Vector<String>) {
        let shown = Lexer.tokens(of: vector.source).map { token in
            switch token.kind {
            case .word, .punctuation: token.text
            case .string: "<\(token.text)>"
            case .comment: "~"
            }
        }
        #expect(shown.joined(separator: " ") == vector.expected)
    }

    @Test("lines are counted through strings and comments")
    func lines() {
        let tokens = Lexer.tokens(of: "a\n\"\"\"\nb\n\"\"\"\nc /*\n*/ d\n\ne")
        #expect(tokens.filter { $0.kind == .word }.map(\.line) == [1, 5, 6, 8])
    }

    @Test("glue is seen")
    func glue() {
        let tokens = Lexer.tokens(of: "a! = !b\n!c \"s\"!")
        #expect(tokens.filter { $0.text == "!" }.map(\.isGlued) == [true, false, false, true])
    }

    @Test("every prefix of a hard text ends", arguments: table)
    func prefixes(_ vector: Vector<String>) {
        for length in 0...vector.source.count {
            let prefix = String(vector.source.prefix(length))
            #expect(Lexer.tokens(of: prefix).isEmpty == prefix.allSatisfy(\.isWhitespace))
        }
    }
}

@Suite("Functions are measured whole")
struct FunctionTests {
    static let table: [Vector<[String]>] = [
        Vector("func a() {\n}\n", ["a 1-2"]),
        Vector("func a<T>(_ b: () -> Void = { },\n c: T) throws(E) -> [Int: T] where T: P {\n\n}", ["a 1-4"]),
        Vector("protocol P { func a(); var b: Int { get set }\n func c() }\nfunc d() {}", ["b 1-1", "d 3-3"]),
        Vector("init?(a: Int) {\n self.init(b: 1)\n}", ["init 1-3"]),
        Vector("deinit {\n}", ["deinit 1-2"]),
        Vector("subscript(i: Int) -> Int {\n get { 1 }\n set(v) {\n }\n}", ["subscript 1-5", "get 2-2", "set 3-4"]),
        Vector("var a: Int {\n 1\n}\nvar b = 2\nvar c: [Int] = [3]", ["a 1-3"]),
        Vector("var a: Int = 1 {\n didSet {\n }\n}", ["didSet 2-3"]),
        Vector("func a() {\n func b() {\n \"}\" // }\n }\n}", ["a 1-5", "b 2-4"]),
        Vector("let x = get(1)\nX.init(a)\nif a { b }", []),
        Vector("var a: Int { get async throws {\n} }", ["a 1-2", "get 1-2"]),
    ]

    @Test("extents", arguments: table)
    func extents(_ vector: Vector<[String]>) {
        let file = SourceFile(path: "Sources/HTTP/A.swift", text: vector.source)
        #expect(FunctionExtent.all(in: file.code).map { "\($0.name) \($0.firstLine)-\($0.lastLine)" } == vector.expected)
    }
}
