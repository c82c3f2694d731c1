/// What holds between sites, and the choice of the default ones.
enum SiteChecks {
    /// The sites with their defaults chosen; what contradicts itself is reported.
    static func checked(_ sites: [(site: Site, table: TableReader)]) -> [Site] {
        checkNames(sites)
        checkRedirects(sites)
        var listeners: [Listener: [Int]] = [:]
        for (index, entry) in sites.enumerated() where entry.site.port != 0 {
            listeners[Listener(address: entry.site.listen, port: entry.site.port), default: []].append(index)
        }
        var result = sites.map(\.site)
        for indices in listeners.values {
            guard let first = indices.first else { continue }
            checkTLS(sites, first, indices)
            checkStrictNames(sites, indices.filter { sites[$0].site.ssl != nil })
            checkH2C(sites, indices.filter { sites[$0].site.ssl == nil })
            checkProxyProtocol(sites, first, indices)
            let chosen = indices.filter { sites[$0].site.isDefault }
            for second in chosen.dropFirst() {
                let table = sites[second].table
                table.error(
                    at: "default", "port \(sites[second].site.port) has a default site already: \(sites[chosen[0]].table.path)")
            }
            result[chosen.first ?? first].isDefault = true
        }
        return result
    }

    /// They are looked at in their places: a site is large, and a copy of each of a thousand takes long.
    private typealias Sites = [(site: Site, table: TableReader)]

    private struct Listener: Hashable {
        var address: String
        var port: Int
    }

    private struct Name: Hashable {
        var hostname: String
        var listener: Listener
    }

    private static let nameKeys = ["hostname", "domain", "hostnames"]

    private static func checkNames(_ sites: Sites) {
        var owners: [Name: TableReader] = [:]
        for (site, table) in sites where site.port != 0 {
            for hostname in site.allHostnames {
                let name = Name(hostname: hostname, listener: Listener(address: site.listen, port: site.port))
                guard let owner = owners[name] else {
                    owners[name] = table
                    continue
                }
                // That a name is both is said where the site is read.
                guard owner.path != table.path else { continue }
                let isRedirect = !site.hostnames.contains(hostname)
                let key = isRedirect ? "redirect_hostnames" : Self.nameKeys.first(where: table.has) ?? "hostname"
                let location = table.reading.location(of: owner.position, seenFrom: table.position)
                table.reading.report(
                    .error, "\(table.path).\(isRedirect ? key : "hostname")", at: table.position(of: key),
                    "\"\(hostname)\" on port \(site.port) belongs to \(owner.path) (\(location)) already")
            }
        }
    }

    /// A redirect to https leads to a site with TLS that has the name, at its port. Where no site has TLS something else ends it.
    private static func checkRedirects(_ sites: Sites) {
        var ports: [String: [Int]] = [:]
        for index in sites.indices where sites[index].site.ssl != nil {
            for name in sites[index].site.allHostnames { ports[name, default: []].append(sites[index].site.port) }
        }
        guard !ports.isEmpty else { return }
        for index in sites.indices where sites[index].site.redirectToHTTPS && sites[index].site.ssl == nil {
            let (names, port, table) = (sites[index].site.hostnames, sites[index].site.httpsPort, sites[index].table)
            let found: [[Int]] = names.map { ports[$0] ?? ports["*" + String($0.drop { $0 != "." })] ?? [] }
            if let other = found.firstIndex(where: { !$0.isEmpty && !$0.contains(port) }), !table.has("https_port") {
                let actual = found[other][0]
                table.warning(
                    at: "redirect_to_https", "leads to port \(port), and \"\(names[other])\" speaks TLS on port \(actual)",
                    hint: "write https_port = \(actual), or https_port = \(port) where something in front passes that on")
            } else if found.contains(where: { $0.contains(port) }), let missing = found.firstIndex(where: \.isEmpty) {
                table.warning(
                    at: "redirect_to_https", "leads \"\(names[missing])\" to where no site with ssl has that name",
                    hint: "add it to the names of the site on port \(port)")
            }
        }
    }

    /// A listener speaks TLS or not before it knows which site is asked for.
    private static func checkTLS(_ sites: Sites, _ first: Int, _ members: [Int]) {
        let isPlain = sites[first].site.ssl == nil
        for member in members where (sites[member].site.ssl == nil) != isPlain {
            let (table, other) = (sites[member].table, sites[first].table.path)
            let with = isPlain ? "has ssl, and \(other) has not" : "has no ssl, and \(other) has"
            table.error(
                at: "port", "\(with): port \(sites[member].site.port) cannot speak both",
                hint: "give one of them another port")
        }
    }

    /// A listener asks before it knows whether any site has the name.
    private static func checkStrictNames(_ sites: Sites, _ secure: [Int]) {
        guard let first = secure.first else { return }
        let isStrict = sites[first].site.ssl?.strictSNI
        for member in secure where sites[member].site.ssl?.strictSNI != isStrict {
            let table = sites[member].table
            table.reading.report(
                .error, "\(table.path).ssl.strict_sni", at: table.position(of: "ssl"),
                "differs from that of \(sites[first].table.path): port \(sites[member].site.port) is strict about names or not",
                hint: "write the same in every site of the port")
        }
    }

    /// A listener knows what version a client speaks before it knows which site is asked for.
    private static func checkH2C(_ sites: Sites, _ plain: [Int]) {
        guard let first = plain.first else { return }
        let isOn = sites[first].site.h2c
        for member in plain where sites[member].site.h2c != isOn {
            let (table, other) = (sites[member].table, sites[first].table.path)
            let with = isOn ? "is not on, and in \(other) it is" : "is on, and in \(other) it is not"
            table.error(
                at: "h2c", "\(with): port \(sites[member].site.port) takes HTTP/2 or not",
                hint: "write h2c = true in every site of the port, or in none")
        }
    }

    /// A listener reads the header before it knows which site is asked for.
    private static func checkProxyProtocol(_ sites: Sites, _ first: Int, _ members: [Int]) {
        let common = sites[first].site.proxyProtocol
        for member in members where sites[member].site.proxyProtocol != common {
            let table = sites[member].table
            table.error(
                at: "proxy_protocol",
                "differs from that of \(sites[first].table.path): port \(sites[member].site.port) has one for all its sites",
                hint: "write the same in every site of the port, or in none")
        }
    }
}
