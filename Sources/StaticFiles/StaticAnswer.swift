package import HTTP

/// A file that is in memory, all of which is sent.
package struct FileContent {
    /// As those of an answer.
    package let fields: AnswerFields
    package let bytes: [UInt8]
}

/// What to answer: everything but the fields that the connection owns (Date, Connection, Content-Length, framing).
package struct StaticAnswer {
    package let status: Int
    /// Why there is no file in it; nil for a file, a part of one, 304 and 301.
    package let refusal: StaticRefusal?
    package var fields = AnswerFields()
    /// The length to declare: also for HEAD. Nil: not known before the end (content is streamed), or there is none to declare.
    package var contentLength: UInt64?
    /// The content; nil for HEAD, for 304, and where the caller writes the page: for a refusal or a redirect.
    package var body: FileBody? {
        get { reading ?? content.map { FileBody($0, range: 0..<$0.count) } }
        set { (content, reading) = (nil, newValue) }
    }
    /// The content, if all of it is in memory: it is sent from there, and nothing is made to read it.
    package private(set) var content: [UInt8]?
    private var reading: FileBody?
    /// Is there any content?
    package var hasBody: Bool { content != nil || reading != nil }
    /// The path for `Location` of a 301, percent-encoded; the caller appends the query of the request.
    package var redirectPath: String?
    /// What is in the directory that was asked for; the caller writes the page.
    package var listing: DirectoryListing?
    /// What the log says of the answer.
    package let reason: String

    /// A file.
    init(fields: AnswerFields, contentLength: UInt64?, body: FileBody?) {
        status = 200
        reason = "static file"
        refusal = nil
        self.fields = fields
        self.contentLength = contentLength
        reading = body
    }

    /// A file that is in memory.
    init(fields: AnswerFields, content: [UInt8]) {
        self.init(fields: fields, contentLength: UInt64(content.count), body: nil)
        self.content = content
    }

    init(status: Int, reason: String) {
        self.status = status
        self.reason = reason
        refusal = nil
    }

    init(_ refusal: StaticRefusal, reason: String) {
        status = refusal.status
        self.reason = reason
        self.refusal = refusal
    }
}
