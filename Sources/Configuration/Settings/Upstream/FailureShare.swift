/// A condition on answers: too many of them are 5xx.
package struct FailureShare: Sendable, Equatable {
    /// More than this share of all answers.
    package var percent: Double
    /// The time after a reload over which the share is taken.
    package var duration: Duration

    package init(percent: Double, duration: Duration) {
        self.percent = percent
        self.duration = duration
    }
}

extension FailureShare {
    /// `"5xx > 5% for 30s"`; nil if it is none: a share of 0 to below 100, and 1 second to 1 hour.
    package init?(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 5, words[0] == "5xx", words[1] == ">", words[2].hasSuffix("%"), words[3] == "for",
            let percent = Double(words[2].dropLast()), (0..<100).contains(percent),
            let seconds = Units.seconds(words[4]), (1...3600).contains(seconds)
        else { return nil }
        self.percent = percent
        duration = .milliseconds(Int((seconds * 1000).rounded()))
    }
}

extension TableReader {
    /// Reads a condition as `"5xx > 5% for 30s"`, if the key is written.
    func read(_ key: String, into value: inout FailureShare?) {
        guard let text = string([key], allowEmpty: false) else { return }
        value = FailureShare(text.value)
        if value == nil {
            reading.error(text, "\"\(text.value)\" is no such condition", hint: "write it like \"5xx > 5% for 30s\"")
        }
    }
}
