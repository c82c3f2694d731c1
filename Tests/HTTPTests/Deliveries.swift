@testable import HTTP

/// What parsing bytes came to.
enum Outcome: Equatable, CustomStringConvertible {
    case head(consumed: Int)
    case incomplete
    case refused(String, Int)

    var description: String {
        switch self {
        case .head(let consumed): "head of \(consumed) bytes"
        case .incomplete: "incomplete"
        case .refused(let code, let status): "\(status) \(code)"
        }
    }
}

/// The ways in which a peer can deliver the same bytes: all at once, one by one, or in two parts cut anywhere.
func deliveries(of count: Int) -> [[Int]] {
    var all = [[count], Array(0...count)]
    for cut in 0..<count { all.append([cut, count]) }
    return all
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// What `write` writes, as text.
func written(_ write: (inout OutputSpan<UInt8>) -> Void) -> String {
    var (out, room, isWhole): ([UInt8], Int, Bool) = ([], 64, false)
    while !isWhole {
        out.removeAll()
        out.append(addingCapacity: room) {
            write(&$0)
            isWhole = !$0.isFull
        }
        room *= 2
    }
    return text(out)
}

/// Parses a request delivered so that parsing is tried at each of the given lengths.
func deliver(_ input: [UInt8], at lengths: [Int], to head: RequestHead, limits: HeadLimits = HeadLimits()) -> Outcome {
    deliver(input, at: lengths) { bytes throws(HTTPRefusal) in try head.parse(bytes, limits: limits) }
}

/// Parses a response likewise.
func deliver(_ input: [UInt8], at lengths: [Int], to head: ResponseHead, limits: HeadLimits = HeadLimits()) -> Outcome {
    deliver(input, at: lengths) { bytes throws(HTTPRefusal) in try head.parse(bytes, limits: limits) }
}

private func deliver(
    _ input: [UInt8], at lengths: [Int], to parse: (Span<UInt8>) throws(HTTPRefusal) -> Int?
) -> Outcome {
    do throws(HTTPRefusal) {
        for length in lengths {
            if let consumed = try parse(input.span.extracting(0..<length)) { return .head(consumed: consumed) }
        }
        return .incomplete
    } catch { return .refused(error.code, error.status) }
}

/// The outcomes of all deliveries; one element if they agree, as they must.
func outcomes(ofRequest input: [UInt8], limits: HeadLimits = HeadLimits()) -> [Outcome] {
    let head = RequestHead()
    return outcomes(of: input) { lengths in
        head.reset()
        return deliver(input, at: lengths, to: head, limits: limits)
    }
}

func outcomes(ofResponse input: [UInt8], limits: HeadLimits = HeadLimits()) -> [Outcome] {
    let head = ResponseHead()
    return outcomes(of: input) { lengths in
        head.reset()
        return deliver(input, at: lengths, to: head, limits: limits)
    }
}

private func outcomes(of input: [UInt8], deliver: ([Int]) -> Outcome) -> [Outcome] {
    deliveries(of: input.count).reduce(into: []) { found, lengths in
        let outcome = deliver(lengths)
        if !found.contains(outcome) { found.append(outcome) }
    }
}

/// A complete, valid request.
func request(_ source: String) throws -> RequestHead {
    let head = RequestHead()
    let input = bytes(source)
    guard try head.parse(input.span, limits: HeadLimits()) != nil else { throw HTTPRefusal(.requestLineMalformed) }
    return head
}

/// A complete, valid response.
func response(_ source: String) throws -> ResponseHead {
    let head = ResponseHead()
    let input = bytes(source)
    guard try head.parse(input.span, limits: HeadLimits()) != nil else { throw HTTPRefusal(.statusLineMalformed) }
    return head
}

/// Field lines as text, in order.
func lines(_ fields: FieldSection) -> [String] {
    fields.lines.map { "\(fields.name(of: $0)): \(fields.string(of: $0))" }
}
