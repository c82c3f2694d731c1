import HTTP

/// The small page that an answer of our own shows: JSON for a client that prefers it, text for one that was typed by hand, HTML
/// for any other.
struct AnswerPage {
    let mediaType: String
    let body: [UInt8]

    enum Style {
        case html, json, text
    }

    /// - Parameters:
    ///   - reason: the stable word.
    ///   - message: for a person.
    init(status: Int, reason: String, message: String, style: Style) {
        let message = style == .text ? message : Self.escaped(message)
        switch style {
        case .json:
            mediaType = "application/json"
            body = Array("{\"status\":\(status),\"reason\":\"\(reason)\",\"message\":\"\(message)\"}\n".utf8)
        case .text:
            mediaType = "text/plain; charset=utf-8"
            body = Array("\(message)\ngatehouse: \(reason)\n".utf8)
        case .html:
            mediaType = "text/html; charset=utf-8"
            body = Self.html("\(status) \(StatusText.phrase(status))", reason, message)
        }
    }

    private static func html(_ title: String, _ reason: String, _ message: String) -> [UInt8] {
        Array(
            """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>\(title)</title>
            <style>body{font:16px/1.5 system-ui,sans-serif;margin:20vh auto;max-width:36em;padding:0 1em;color:#223}\
            code{color:#667}</style></head>
            <body><h1>\(title)</h1><p>\(message)</p><p><code>gatehouse: \(reason)</code></p></body></html>

            """.utf8)
    }

    /// For HTML and JSON alike: what could end a string or open a tag becomes an entity or a space.
    private static func escaped(_ message: String) -> String {
        var text = ""
        for scalar in message.unicodeScalars {
            switch scalar {
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "&": text += "&amp;"
            case "\"": text += "&quot;"
            case "\\": text += "/"
            default: if scalar.value >= 0x20 { text.unicodeScalars.append(scalar) } else { text += " " }
            }
        }
        return text
    }
}
