import Configuration
import HTTP

/// The part of the plan that is about lists of addresses in files.
extension PlanBuilder {
    /// What a site's or route's lists say of who may come.
    /// - Parameter keyPath: of the route, or of the site.
    mutating func addresses(of site: Site, _ route: Route?, at keyPath: String) -> AddressRules {
        var rules = AddressRules(
            deny: Self.list(route?.access.deny, site.access.deny, "deny_ips"),
            allow: Self.list(route?.access.allow, site.access.allow, "allow_ips"))
        rules.denyFile = file(route, site, \.denyFile, "deny_ips_file", at: keyPath)
        rules.allowFile = file(route, site, \.allowFile, "allow_ips_file", at: keyPath)
        if let list = rules.allowFile, case .success(let set) = list.file.shared.value, set.isEmpty, rules.allow == nil,
            route == nil || route?.access.allowFile != nil
        {
            problem(.warning, at: "\(keyPath).access.allow_ips_file", "\(list.file.path): is empty, so nobody can come in")
        }
        checkReach(of: site, route, at: keyPath)
        return rules
    }

    /// Warns of lists that keep out all, or not all, against what they seem to say.
    private mutating func checkReach(of site: Site, _ route: Route?, at keyPath: String) {
        // What the site's own say is told once.
        let own = route?.access ?? site.access
        let access = route?.access.over(site.access) ?? site.access
        guard own.allow != nil || own.deny != nil, let deny = access.deny else { return }
        if let allow = access.allow, !allow.isEmpty, access.allowFile == nil {
            guard allow.allSatisfy({ block in deny.contains { $0.contains(block) } }) else { return }
            problem(
                .warning, at: "\(keyPath).access.\(own.deny == nil ? "allow_ips" : "deny_ips")",
                "nobody can come in: deny_ips has all that allow_ips has, and is asked first",
                hint: "whom allow_ips does not have is kept out without deny_ips")
        } else if own.deny != nil, access.allow == nil, access.allowFile == nil, site.listen.contains(":"),
            Set(deny.filter { $0.prefixLength == 0 }.map(\.address.count)) == [4]
        {
            problem(
                .warning, at: "\(keyPath).access.deny_ips", "keeps out everybody of IPv4, and not of IPv6",
                hint: "\"all\" is everybody")
        }
    }

    /// The nearest list that is written.
    private static func list(_ own: [AddressBlock]?, _ common: [AddressBlock]?, _ key: String) -> AddressRules.List? {
        guard let blocks = own ?? common else { return nil }
        return AddressRules.List(AddressSet(blocks), key: "\(table(isOfRoute: own != nil)).\(key)")
    }

    /// The nearest file that is written.
    private mutating func file(
        _ route: Route?, _ site: Site, _ value: KeyPath<Access, String?>, _ key: String, at keyPath: String
    ) -> AddressRules.FileList? {
        let own = route?.access[keyPath: value]
        guard let path = own ?? site.access[keyPath: value] else { return nil }
        let file = accessFiles.addresses(path)
        // What is wrong with the site's own is said once.
        if route == nil || own != nil, case .failure(let fault) = file.shared.value {
            problem(at: "\(keyPath).access.\(key)", fault.reason)
        }
        return AddressRules.FileList(file, key: "\(Self.table(isOfRoute: own != nil)).\(key)")
    }

    private static func table(isOfRoute: Bool) -> String { isOfRoute ? "sites.proxy.routes.access" : "sites.access" }
}
