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
        let migration = try Migration("coming-from-nginx.md", language: "nginx")
        let directory = try TemporaryDirectory()
        for (file, content) in Migration.files { try directory.write(file, content) }
        let hash = try await Command.run("openssl", ["passwd", "-apr1", "secret"]).text
        let passwords = try directory.write("htpasswd", "ann:\(hash)")
        let upstreams = try ["app", "backup", "legacy"].map { name in
            try Upstream.answering { Self.answer($0, by: name) }
        }
        let certificates = try await Certificates.ready()
        let (theirs, ours) = (try Migration.Ports(), try Migration.Ports())
        func placed(_ text: String, at ports: Migration.Ports) -> String {
            var text = text.replacing("/etc/ssl/app.crt", with: certificates.local.certificate)
                .replacing("/etc/ssl/app.key", with: certificates.local.key)
                .replacing("/etc/nginx/htpasswd", with: passwords).replacing("/srv/", with: directory.path + "/")
                .replacing("listen 80 ", with: "listen 127.0.0.1:\(ports.plain) ")
                .replacing("listen 443 ", with: "listen 127.0.0.1:\(ports.tls) ")
                .replacing("port = 80\n", with: "port = \(ports.plain)\nhttps_port = \(ports.tls)\n")
                .replacing("port = 443\n", with: "port = \(ports.tls)\n")
                .replacing("https://$host$", with: "https://$host:\(ports.tls)$")
                .replacing("https://app.test$", with: "https://app.test:\(ports.tls)$")
            for (index, upstream) in upstreams.enumerated() {
                text = text.replacing("127.0.0.1:300\(index)", with: "127.0.0.1:\(upstream)")
            }
            return text
        }
        let nginx = try await Nginx(placed(migration.theirs, at: theirs), in: directory)
        try await Gatehouse.serving(placed(migration.ours, at: ours)) { _ in
            try await migration.compare(Self.requests, at: theirs, ours)
        }
        _ = nginx
    }

    /// Tells what has come, so that what an upstream sees is compared as well.
    private static func answer(_ request: Message, by name: String) -> String {
        if request.target.hasSuffix("moved") {
            let host = request.value("Host") ?? ""
            return "HTTP/1.1 302 Found\r\nLocation: http://\(host)/next\r\nContent-Length: 0\r\n\r\n"
        }
        let told = ["X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "X-Remote-User"].map { request.value($0) ?? "-" }
        return Upstream.ok(
            "\(name) \(request.method) \(request.target) \(told.joined(separator: " ")) \(request.text)", to: request)
    }
}
