/// The dashboard's page: one file without outside resources, built into the program from the files of `Page`.
package enum DashboardPage {
    /// The whole page.
    package static let html: [UInt8] = {
        var page: [UInt8] = []
        var rest = PackageResources.dashboard_html[...]
        for (mark, text) in [("/*STYLE*/", style), ("/*SCRIPT*/", script)] {
            let mark = Array(mark.utf8)
            // The files are the program's own: without its marks the page would be no page.
            while let byte = rest.first, !rest.starts(with: mark) {
                page.append(byte)
                rest = rest.dropFirst()
            }
            page += text
            rest = rest.dropFirst(mark.count)
        }
        return page + rest
    }()

    /// What is between its `<style>` tags.
    package static let style = PackageResources.dashboard_css

    /// What is between its `<script>` tags: all of its parts share one function, so that the page has no globals.
    package static let script: [UInt8] =
        Array("\"use strict\";(() => {\n".utf8) + Array(parts.joined()) + Array("})();\n".utf8)

    /// Each may use what those before it have made.
    private static let parts: [[UInt8]] = [
        PackageResources.elements_js, PackageResources.plots_js, PackageResources.lists_js, PackageResources.state_js,
        PackageResources.figures_js, PackageResources.tables_js, PackageResources.dashboard_js,
    ]
}
