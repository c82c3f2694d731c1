// What routes say besides how a request goes to an upstream, and what sites say as well.
extension ConfigurationReference {
    static let ownAnswerKeys = [
        Key(
            "redirect", "URL or path, with variables", .none("none"),
            """
            Where clients are sent: `"https://www.example.com{uri}"`. [Routing](routing.md) says what stands in braces. \
            Of a site: for every request that no route takes.
            """),
        Key(
            "redirect_status", "`301`, `302`, `303`, `307`, `308`", .none("302; 307 where the method must stay"),
            """
            How they are sent; of a site also those of `redirect_hostnames`. Browsers keep 301 and 308 for good, even if the \
            redirect was a mistake.
            """),
    ]

    static func respondSection(of keyPath: String) -> Section {
        Section(
            "\(keyPath).respond",
            "An answer that is always the same, in place of an upstream's or a file's. The table's presence switches it on.",
            [
                Key("status", "200 to 599", .none("200"), "Its status."),
                Key(
                    "body", "text", .none("empty"),
                    "Its content. An error without one has the page of `error_pages` for its status."),
                Key("content_type", "text", .none("`text/plain; charset=utf-8`"), "What the content is."),
            ])
    }

    static func respondHeadersSection(of keyPath: String) -> Section {
        Section("\(keyPath).respond.headers", "Further fields of that answer, with variables.")
    }

    static func rulesSection(of keyPath: String, _ name: String, _ meaning: String) -> Section {
        Section(
            "\(keyPath).\(name)", meaning + " [Headers](headers.md) says in which order, and what stands in braces.",
            [
                Key(
                    "remove", "list of field names, or a table `\"X-Name\" = true`", .none("none"), "Fields that do not go on."),
                Key("set", "table of fields, with variables", .none("none"), "Written in place of any other of the name."),
                Key("add", "table of fields, with variables", .none("none"), "Written beside others of the name."),
                Key("default", "table of fields, with variables", .none("none"), "Written where there is none of the name."),
            ])
    }

    /// The tables below a route.
    static func routeSections(of keyPath: String) -> [Section] {
        [
            Section(
                "\(keyPath).match",
                "What must hold of a request besides its path; all of it. A route that does not match is passed over.",
                [
                    Key("methods", "list of methods (or one)", .none("any"), "`[\"GET\", \"HEAD\"]`"),
                    Key("hosts", "list of host names (or one)", .none("any"), "Exactly, or `*.` for one more label."),
                    Key("clients", "list of addresses or CIDR blocks", .none("any"), "The client's address, as `{client_ip}`."),
                    Key("scheme", "`http`, `https`", .none("any"), "As `{scheme}`."),
                ]),
            Section(
                "\(keyPath).match.headers",
                "Field names, each with the whole value of its only line, or `true` (is there), or `false` (is not)."),
            Section(
                "\(keyPath).match.cookies",
                "Names of cookies, each with its whole value, or `true` (is there), or `false` (is not)."),
            Section(
                "\(keyPath).match.query",
                "Names of the query's parameters, each with its value as a URL has it, or `true` (there), or `false` (not)."),
            respondSection(of: keyPath), respondHeadersSection(of: keyPath),
            rulesSection(of: keyPath, "request_headers", "What is changed in the fields of requests to the route's upstream."),
            rulesSection(of: keyPath, "response_headers", "What is changed in the fields of the route's answers."),
        ] + requestSections(of: keyPath)
    }

    /// `[[sites.routes]]` has the keys of `[[sites.proxy.routes]]`.
    static func siteRouteSections(like sections: [Section]) -> [Section] {
        let (from, to) = ("sites[].proxy.routes", "sites[].routes")
        return sections.filter { $0.path == from || $0.path.hasPrefix("\(from)[]") }.map { section in
            var copy = section
            copy.path = to + section.path.dropFirst(from.count)
            copy.original = section.header
            return copy
        }
    }
}
