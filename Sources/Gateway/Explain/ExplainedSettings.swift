import Configuration

extension Configuration {
    /// Where exactly a key is written; nil if it is not.
    func locationText(of keyPath: String) -> String? { isWritten(keyPath) ? location(of: keyPath)?.description : nil }

    /// A setting, and where it is written.
    func setting(_ keyPath: String, _ value: String) -> Explanation.Setting {
        Explanation.Setting(key: keyPath, value: value, at: locationText(of: keyPath))
    }
}
