/// What a file is, told by its name's extension.
struct MediaType: Sendable {
    /// The value of Content-Type.
    let field: String
    /// The type without parameters, in lower case.
    let essence: String
    /// Whether the format is compressed in itself: gzip would cost time and give nothing.
    let isCompressed: Bool

    /// Is it what a browser shows by itself, and what refers to the rest?
    var isPage: Bool { essence == "text/html" || essence == "application/xhtml+xml" }

    /// - Parameter charset: what is said of the characters of a text; nil: nothing.
    init(_ essence: String, isCompressed: Bool, charset: String? = "utf-8") {
        self.essence = essence
        self.isCompressed = isCompressed
        field = if let charset, essence.hasPrefix("text/") { "\(essence); charset=\(charset)" } else { essence }
    }

    /// Makes a media type of the configuration's text; parameters in it stand as they are.
    init(written text: String, charset: String?) {
        let essence = String(text.prefix { $0 != ";" }.filter { $0 != " " }).lowercased()
        let plain = MediaType(essence, isCompressed: Self.compressedEssences.contains(essence), charset: charset)
        self.essence = essence
        isCompressed = plain.isCompressed
        field = text.contains(";") ? text : plain.field
    }

    private static let compressedEssences = Set(table.values.filter(\.isCompressed).map(\.essence))

    /// The media type of an extension that is not in the table, or of none.
    static let unknown = MediaType("application/octet-stream", isCompressed: false)

    /// The media types by extension, in lower case.
    static let table: [String: MediaType] = {
        var table: [String: MediaType] = [:]
        for (lines, isCompressed) in [(plainTypes, false), (compressedTypes, true)] {
            for line in lines.split(separator: "\n") {
                let words = line.split(separator: " ")
                for name in words.dropFirst() {
                    table[String(name)] = MediaType(String(words[0]), isCompressed: isCompressed)
                }
            }
        }
        return table
    }()

    /// The extension of the last segment of `path`, in lower case; nil if there is none. A leading dot begins no extension.
    static func fileExtension(of path: [UInt8]) -> String? {
        let name = path[((path.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...]
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex, name.endIndex - dot <= 16 else {
            return nil
        }
        let lower = name[(dot + 1)...].map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }
        return String(decoding: lower, as: UTF8.self)
    }

    /// The name under which a type is compared: one for all spellings of JavaScript (RFC 9239 §6).
    static func canonical(_ type: String) -> String {
        let essence = String(type.prefix { $0 != ";" }.filter { $0 != " " }).lowercased()
        return switch essence {
        case "application/javascript", "application/x-javascript": "text/javascript"
        default: essence
        }
    }
}

private let plainTypes = """
    text/html html htm shtml
    text/css css
    text/javascript js mjs
    text/plain txt text log conf ini md5 sha256
    text/markdown md markdown
    text/csv csv
    text/tab-separated-values tsv
    text/calendar ics
    text/vcard vcf
    text/vtt vtt
    text/xml xml
    text/yaml yaml yml
    text/x-component htc
    application/json json map
    application/geo+json geojson
    application/ld+json jsonld
    application/manifest+json webmanifest
    application/toml toml
    application/xhtml+xml xhtml
    application/atom+xml atom
    application/rss+xml rss
    application/xslt+xml xsl xslt
    application/vnd.google-earth.kml+xml kml
    application/gpx+xml gpx
    application/vnd.apple.mpegurl m3u8
    application/dash+xml mpd
    application/wasm wasm
    application/rtf rtf
    application/postscript ps eps ai
    application/sql sql
    application/x-sh sh
    application/x-perl pl pm
    application/x-x509-ca-cert crt cer der pem
    application/x-tar tar
    application/msword doc
    application/vnd.ms-excel xls
    application/vnd.ms-powerpoint ppt
    application/vnd.ms-fontobject eot
    font/ttf ttf
    font/otf otf
    font/collection ttc
    image/svg+xml svg
    image/bmp bmp
    image/vnd.microsoft.icon ico
    image/tiff tif tiff
    audio/wav wav
    audio/midi mid midi
    """

private let compressedTypes = """
    application/pdf pdf
    application/zip zip
    application/gzip gz tgz
    application/x-bzip2 bz2
    application/x-xz xz
    application/zstd zst
    application/x-brotli br
    application/vnd.rar rar
    application/x-7z-compressed 7z
    application/java-archive jar war
    application/epub+zip epub
    application/vnd.android.package-archive apk
    application/vnd.debian.binary-package deb
    application/x-rpm rpm
    application/x-apple-diskimage dmg
    application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
    application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
    application/vnd.oasis.opendocument.text odt
    application/vnd.oasis.opendocument.spreadsheet ods
    application/vnd.oasis.opendocument.presentation odp
    font/woff woff
    font/woff2 woff2
    image/png png
    image/apng apng
    image/jpeg jpg jpeg jfif
    image/gif gif
    image/webp webp
    image/avif avif
    image/heic heic
    image/jxl jxl
    audio/mpeg mp3
    audio/mp4 m4a
    audio/aac aac
    audio/ogg oga ogg
    audio/opus opus
    audio/flac flac
    audio/webm weba
    video/mp4 mp4 m4v
    video/mpeg mpeg mpg
    video/ogg ogv
    video/webm webm
    video/quicktime mov
    video/x-msvideo avi
    video/x-matroska mkv
    video/mp2t ts
    """
