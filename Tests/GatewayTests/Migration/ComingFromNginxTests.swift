import Foundation
import TestSupport
import Testing

@Suite("The page for those who come from nginx")
struct ComingFromNginxTests {
    private static let requests = [
        "http://app.test/a?b=c", "http://www.app.test/a", "https://www.app.test/a?b=c",
        // Files
        "https://app.test/", "https://app.test/about/us", "https://app.test/index.html", "https://app.test/style.css",
        "https://app.test/none.png", "https://app.test/.git/config", "https://app.test/x/.env", "https://app.test/favicon.ico",
        "https://app.test/dir", "https://app.test/dir/", "-I https://app.test/", "-X DELETE https://app.test/",
        "-r 0-3 https://app.test/style.css", "https://app.test/old/a/b?c=d",
        // Upstreams
        "https://app.test/api/x?y=z", "-d body https://app.test/api/x", "https://app.test/api/login",
        "https://app.test/api/moved", "https://app.test/api", "https://app.test/api//x/../y", "https://app.test/%61pi/x",
        "-H X-Forwarded-For:192.0.2.1 https://app.test/api/x", "https://app.test/legacy/x?y", "https://app.test/legacy/moved",
        "https://app.test/dead/x",
        // Who may
        "https://app.test/admin/x", "https://app.test/reports/x", "-u ann:secret https://app.test/reports/x",
        "-u ann:wrong https://app.test/reports/x", "-H X-Remote-User:root -u ann:secret https://app.test/reports/x",
        // Listings
        "https://files.test/", "https://files.test/sub", "https://files.test/sub/a%20b.txt", "https://files.test/none",
    ]

    @Test("the same requests have the same answers, but for what the page lists")
    func sameAnswers() async throws {
        try await Migration("coming-from-nginx.md", language: "nginx").compare(Self.requests) { text, directory in
            try await Nginx(text, in: directory)
        }
    }
}
