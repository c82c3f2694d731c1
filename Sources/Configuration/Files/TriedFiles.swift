extension TableReader {
    /// `try_files`: paths of files, each of which may have variables.
    func triedFiles() -> [String] {
        let texts = strings(["try_files"]) ?? []
        for text in texts {
            if text.value.hasPrefix("=") {
                reading.error(text, "a status is not tried: where no file is there, the answer is 404", hint: "leave it out")
            } else if text.value.hasPrefix("@") {
                reading.error(
                    text, "there are no named locations", hint: "give the route an upstream, and the files a route of their own")
            } else if !text.value.hasPrefix("/"), !["{path}", "{remainder}"].contains(where: text.value.hasPrefix) {
                let meant = text.value.replacing("$uri", with: "{path}")
                reading.error(
                    text, "must begin with \"/\" or {path}",
                    hint: meant == text.value ? "such as \"{path}\"" : "write \"\(meant)\"")
            } else if PathText.hasDotSegment(text.value[...]) {
                reading.error(text, PathText.dotSegmentFault)
            }
        }
        return texts.map(\.value)
    }
}
