/// Spellings of paths: docs/paths.md. Routes, files and what is forwarded share one normal form.
enum Paths {
    private static func up(_ target: String, _ normal: String) -> Case {
        .passes(get(target), head: forwarded("GET \(normal)"))
    }

    static let all: [Case] = [
        up("/up/%78", "/up/x"),
        up("/%75p/x", "/up/x"),
        up("/up/%7e%2D", "/up/~-"),
        up("/up/%c3%a9", "/up/%C3%A9"),
        up("/up/caf\u{E9}", "/up/caf%C3%A9"),
        up("/up/a%2fb", "/up/a%2Fb"),
        up("/up/%253Cx", "/up/%253Cx"),
        up("/up/%252e%252e/x", "/up/%252e%252e/x"),
        up("/up/./x", "/up/x"),
        up("/up/y/../x", "/up/x"),
        up("/up/y/%2e%2E/x", "/up/x"),
        up("/other/../up/x", "/up/x"),
        up("/up/..%75p/x".replacing("..%75p", with: "b/.."), "/up/x"),
        up("/up//x", "/up//x"),
        up("//up/x", "//up/x"),
        up("/up%2Fx", "/up%2Fx"),
        up("/up;v=1/x", "/up;v=1/x"),
        up("/up/x;v=1", "/up/x;v=1"),
        up("/up/\"<>^`{|}", "/up/%22%3C%3E%5E%60%7B%7C%7D"),
        up("/up/x?%00\\..", "/up/x?%00\\.."),
        .refused(400, "path_escape_malformed", get("/up/%")),
        .refused(400, "path_escape_malformed", get("/up/%4")),
        .refused(400, "path_escape_malformed", get("/up/%zz")),
        .refused(400, "path_escape_malformed", get("/up/%u0041")),
        .refused(400, "path_control", get("/up/%00")),
        .refused(400, "path_control", get("/up/%0d%0aX:%20y")),
        .refused(400, "path_control", get("/up/%7F")),
        .refused(400, "path_backslash", get("/up\\x")),
        .refused(400, "path_backslash", get("/up/%5c..%5cx")),
        .refused(400, "path_above_root", get("/..")),
        .refused(400, "path_above_root", get("/up/../../x")),
        .refused(400, "path_above_root", get("/%2e%2e/x")),
        .refused(400, "path_disguised_dots", get("/up/..%2Fx")),
        .refused(400, "path_disguised_dots", get("/up/..;v/x")),
        .refused(400, "path_disguised_dots", get("/up/.%2Fx")),
        .served(get("/%70robe.txt")),
        .served(get("/x/../probe.txt")),
        .served(get("/up/../probe.txt")),
        .served(get("/./%2e/probe.txt?q=/../..")),
        .answered(404, "file_not_found", get("/probe.txt/")),
    ]
}
