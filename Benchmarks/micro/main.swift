import CCount
import EventLoop

/// `micro --list` names the cases; `micro NAME` prints its nanoseconds and allocations for each operation; `micro NAME COUNT`
/// only does the operation, for a profiler that counts.
enum Micro {
    /// Long enough to be seen by the clock, short enough to fit between two interrupts now and then.
    private static let passNanoseconds = 20_000_000.0

    static func measure(_ operation: Case.Operation) {
        // The first operations may allocate what is then kept.
        var sum = operation(3)
        var count = 1
        while elapsed({ sum &+= operation(count) }) < passNanoseconds, count < 1 << 28 { count *= 2 }
        let before = count_allocations()
        var best = Double.infinity
        for _ in 0..<5 { best = min(best, elapsed { sum &+= operation(count) }) }
        let allocations = Double(count_allocations() - before) / Double(count * 5)
        print(best / Double(count), allocations, sum == 0 ? "" : "sound")
    }

    private static func elapsed(_ body: () -> Void) -> Double {
        let began = monotonicNanoseconds()
        body()
        return Double(monotonicNanoseconds() - began)
    }

    /// A counter that counts nothing would find nothing.
    static func counts() -> Bool {
        let before = count_allocations()
        let made = Array(repeating: before, count: 100)
        return count_allocations() > before && made.count == 100
    }
}

let arguments = Array(CommandLine.arguments.dropFirst())
precondition(Micro.counts(), "allocations are not counted")
if arguments == ["--list"] {
    for each in Case.all { print(each.name) }
} else {
    let operation = require(arguments.first.flatMap(Case.named), "case of this name; --list shows them").prepare()
    if arguments.count == 2, let count = Int(arguments[1]) { print(operation(count)) } else { Micro.measure(operation) }
}
