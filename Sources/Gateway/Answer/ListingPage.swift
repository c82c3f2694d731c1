import HTTP
import StaticFiles

/// The page about a directory: for people, in light and dark, or as JSON.
struct ListingPage {
    let mediaType: String
    let body: [UInt8]

    /// - Parameter path: of the directory, as it was asked for: normalised, with its escapes, and a slash at its end.
    init(_ listing: DirectoryListing, path: String, asJSON: Bool) {
        mediaType = asJSON ? "application/json" : "text/html; charset=utf-8"
        body = Array((asJSON ? Self.json(listing) : Self.html(listing, path)).utf8)
    }

    // MARK: JSON

    private static func json(_ listing: DirectoryListing) -> String {
        let entries = listing.entries.map { entry in
            let kind = entry.isDirectory ? "directory" : "file"
            let size = entry.isDirectory ? "" : ",\"size\":\(entry.size)"
            return "{\"name\":\(JSONString.quoted(String(decoding: entry.name, as: UTF8.self))),\"type\":\"\(kind)\"\(size),"
                + "\"modified\":\"\(Timestamp.text(seconds: entry.modified))\"}"
        }
        return "{\"entries\":[\(entries.joined(separator: ","))],\"complete\":\(!listing.isCut)}\n"
    }

    // MARK: HTML

    private static func html(_ listing: DirectoryListing, _ path: String) -> String {
        let title = escaped(path)
        var rows = path == "/" ? "" : row(href: "../", name: "..", size: "", date: "", kind: "up")
        for entry in listing.entries {
            let name = escaped(String(decoding: entry.name, as: UTF8.self))
            let slash = entry.isDirectory ? "/" : ""
            rows += row(
                href: "./\(address(entry.name))\(slash)", name: name + slash,
                size: entry.isDirectory ? "" : self.size(entry.size),
                date: String(Timestamp.text(seconds: entry.modified).prefix(16)).replacing("T", with: " "),
                kind: entry.isDirectory ? "dir" : "file")
        }
        let note = listing.isCut ? "<p>Only the first \(DirectoryListing.maxEntries) entries are shown.</p>" : ""
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
            <meta name="color-scheme" content="light dark"><title>\(title)</title><style>\(style)</style></head>
            <body><main><h1>\(title)</h1>
            <table><thead><tr><th>Name</th><th>Size</th><th>Changed (UTC)</th></tr></thead><tbody>
            \(rows)</tbody></table>\(note)</main></body></html>

            """
    }

    private static func row(href: String, name: String, size: String, date: String, kind: String) -> String {
        "<tr class=\"\(kind)\"><td><a href=\"\(href)\">\(name)</a></td><td>\(size)</td><td>\(date)</td></tr>\n"
    }

    private static let style = """
        :root{--ink:#1d2433;--dim:#697086;--line:#e3e6ee;--back:#f6f7fa;--card:#fff;--link:#2456d6}
        @media(prefers-color-scheme:dark){:root{--ink:#e4e8f2;--dim:#8d95ab;--line:#2b3142}
        :root{--back:#12151d;--card:#191d28;--link:#8fb0ff}}
        body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
        main{max-width:60rem;margin:3rem auto;padding:0 1rem}
        h1{font-size:1.25rem;overflow-wrap:anywhere}
        table{width:100%;border-spacing:0;background:var(--card);border:1px solid var(--line);border-radius:8px;overflow:hidden}
        th,td{padding:.45rem .9rem;text-align:left;border-top:1px solid var(--line)}
        thead th{border:0;color:var(--dim);font-weight:500}
        td:nth-child(n+2),th:nth-child(n+2){color:var(--dim);text-align:right;white-space:nowrap}
        td{font-variant-numeric:tabular-nums}
        td:first-child{overflow-wrap:anywhere}
        a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
        .dir a{font-weight:600}tbody tr:hover{background:var(--back)}
        """

    private static func size(_ bytes: UInt64) -> String {
        var (value, unit) = (Double(bytes), 0)
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
        let tenths = Int((value * 10).rounded())
        let number = unit == 0 || tenths >= 1000 ? "\(Int(value.rounded()))" : "\(tenths / 10).\(tenths % 10)"
        return "\(number) \(units[unit])"
    }

    /// RFC 3986 §2.1: only unreserved bytes stand as they are, so that no name is anything but one segment.
    private static func address(_ name: [UInt8]) -> String {
        var address: [UInt8] = []
        for byte in name {
            if ByteClass.isUnreserved(byte) {
                address.append(byte)
            } else {
                address.append(UInt8(ascii: "%"))
                address.append(ByteClass.hexDigit(byte >> 4, upperCase: true))
                address.append(ByteClass.hexDigit(byte & 15, upperCase: true))
            }
        }
        return String(decoding: address, as: UTF8.self)
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default:
                let isControl = scalar.value < 0x20 || scalar.value == 0x7F
                escaped.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
            }
        }
        return escaped
    }
}
