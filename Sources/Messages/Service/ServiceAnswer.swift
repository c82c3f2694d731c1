package import HTTP

/// An answer with its whole body.
package struct ServiceAnswer {
    /// 200...599.
    package var status: Int
    /// Further fields. Date, framing, `Content-Type` and, unless it stands here, `Cache-Control: no-store` are added.
    package var fields: FieldSection
    package var contentType: StaticString
    /// Not sent to HEAD, and with 204 and 304.
    package var body: [UInt8]

    package init(status: Int = 200, contentType: StaticString, fields: FieldSection = FieldSection(), body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.fields = fields
        self.body = body
    }

    /// A line of plain text.
    package init(status: Int, _ text: String, fields: FieldSection = FieldSection()) {
        self.init(status: status, contentType: "text/plain", fields: fields, body: Array("\(text)\n".utf8))
    }
}
