import Glibc

/// Where the values of `${NAME}` come from.
package struct EnvironmentVariables: Sendable {
    /// The value of a variable; nil if it is not set.
    package let value: @Sendable (String) -> String?

    package init(_ value: @escaping @Sendable (String) -> String?) { self.value = value }

    /// Those of this process (environ(7)).
    package static let ofProcess = EnvironmentVariables { name in
        // Copied at once; nothing in this process changes the environment.
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}

/// `${NAME}` and `${NAME:-default}` in a text. What a variable holds is taken as it is: nothing in it is replaced again.
struct VariableReferences {
    /// Why a text cannot be had.
    struct Fault: Error, Equatable {
        var message: String
        var hint: String
    }

    private static let literalHint = "write $${ for the two characters themselves"

    /// Has the text anything to be replaced?
    static func areIn(_ text: String) -> Bool { areIn(text.utf8) }

    /// The same for a text's bytes.
    static func areIn(_ bytes: some Collection<UInt8>) -> Bool {
        var isAfterDollar = false
        for byte in bytes {
            if isAfterDollar && byte == UInt8(ascii: "{") { return true }
            isAfterDollar = byte == UInt8(ascii: "$")
        }
        return false
    }

    /// - Parameter most: bytes that the result may have.
    static func replaced(
        in text: String, by variables: EnvironmentVariables, most: Int
    ) throws(Fault) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.utf8.firstIndex(of: UInt8(ascii: "$")) {
            result += rest[..<start]
            rest = rest[start...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                rest = rest.dropFirst(2)
                guard let end = rest.firstIndex(of: "}") else {
                    throw Fault(message: "\"${\" is not ended by \"}\"", hint: literalHint)
                }
                result += try value(of: rest[..<end], variables)
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
            guard result.utf8.count <= most else {
                throw Fault(message: "too long with the environment's values", hint: "all of them together have at most 4 MiB")
            }
        }
        return result + rest
    }

    /// - Parameter reference: what stands between the braces.
    private static func value(of reference: Substring, _ variables: EnvironmentVariables) throws(Fault) -> String {
        let name = String(reference.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" })
        let rest = reference.dropFirst(name.count)
        guard let first = name.first, !first.isNumber, rest.isEmpty || rest.hasPrefix(":-") else {
            throw Fault(
                message: "\"${\(reference)}\" is not the name of a variable",
                hint: "${NAME} or ${NAME:-default}; \(literalHint)")
        }
        let isSet = variables.value(name)
        if rest.isEmpty {
            if let isSet { return isSet }
            throw Fault(
                message: "the environment has no \(name)", hint: "set it, or write ${\(name):-default}; \(literalHint)")
        }
        let standard = rest.dropFirst(2)
        guard !standard.contains("${") else {
            throw Fault(message: "a default cannot name a variable", hint: "write the value itself")
        }
        // As shells do: one that is empty counts as not set.
        return isSet.flatMap { $0.isEmpty ? nil : $0 } ?? String(standard)
    }
}
