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
        return rules
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
