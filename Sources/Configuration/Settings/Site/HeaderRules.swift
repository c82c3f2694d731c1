/// `request_headers` and `response_headers` of a site or a route: what is changed in the fields of a head. A value may have
/// variables.
package struct HeaderRules: Sendable, Equatable {
    /// Field names, lower case.
    package var remove: [String] = []
    package var set: [HeaderField] = []
    package var add: [HeaderField] = []
    /// Only where the head has none of the name.
    package var defaults: [HeaderField] = []

    package init() {}
}

extension HeaderRules {
    init(reading table: TableReader) {
        guard table.mayBeWritten else { return }
        remove = table.fieldNames("remove")
        for name in remove where ConnectionFields.names.contains(name) {
            table.error(at: "remove", "\(name) frames the message: Gatehouse sets it itself", hint: "leave it out")
        }
        set = table.table("set").headerFields()
        add = table.table("add").headerFields()
        defaults = table.table("default").headerFields()
        for field in add where field.name.lowercased() == "host" {
            table.reading.report(
                .error, "\(table.path).add.\(field.name)", at: table.position(of: "add"), "a request has one Host",
                hint: "put it into set")
        }
        table.finish()
    }
}
