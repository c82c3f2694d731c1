/// Fields in which a proxy tells its application server about the client, besides those that have a case of their own: who it is,
/// what it asked for, which certificate it showed. Application servers and frameworks believe them, so none is passed on from a
/// client that is not trusted. docs/forwarding.md lists them; a test holds the list against this.
enum ClientClaim {
    /// Is this name, of at most 32 bytes, one of them? `name` are its bytes as words.
    @inline(never)
    static func isNamed(_ name: FoldedName, count: Int) -> Bool {
        switch count {
        case 5: return name.is("proxy")
        case 6: return name.is("x-host")
        case 7: return name.is("x-proto")
        case 8: return name.is("x-scheme")
        case 9: return name.is("client-ip") || name.is("path-info") || name.is("x-arr-ssl")
        case 10: return name.is("x-ssl-cert") || name.is("cf-visitor")
        case 11:
            return name.is("x-client-ip") || name.is("client-cert") || name.is("x-client-dn") || name.is("remote-user")
                || name.is("script-name") || name.is("remote-name")
        case 12:
            return name.is("x-url-scheme") || name.is("wl-proxy-ssl") || name.is("remote-email") || name.is("x-vouch-user")
        case 13: return isOf13(name)
        case 14: return isOf14(name)
        case 15: return isOf15(name)
        case 16: return isOf16(name)
        // By length, so that a name of a browser's or an application's is compared with few.
        case 17:
            return name.is("client-cert-chain") || name.is("x-original-method") || name.is("cluster-client-ip")
                || name.is("x-sucuri-clientip")
        case 18: return name.is("cf-connecting-ipv6") || name.is("wl-proxy-client-ip")
        case 19: return name.is("x-cluster-client-ip") || name.is("x-appengine-user-ip")
        case 20: return isOf20(name)
        case 21...32: return isLong(name, count)
        default: return false
        }
    }

    /// Whole families, which `isNamed` does not see: are these the first eight bytes of one's names?
    @inline(__always)
    static func mayBeOfFamily(_ first: UInt64) -> Bool {
        func begins(_ beginning: StaticString) -> Bool { first == ByteScanning.foldedName(beginning).first }
        return begins("x-ssl-cl") || begins("ssl-clie") || begins("x-tls-cl") || begins("x-remote") || begins("x-webaut")
            || begins("x-auth-r") || begins("x-authen") || begins("tailscal") || begins("cf-acces")
    }

    /// Is this name, of any length, of one?
    static func isOfFamily(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool {
        func begins(_ beginning: StaticString) -> Bool {
            let count = beginning.utf8CodeUnitCount
            return name.count > count && Text.equal(bytes, name.lowerBound..<name.lowerBound + count, beginning)
        }
        return begins("x-ssl-cl") || begins("ssl-clie") || begins("x-tls-cl") || begins("x-remote-") || begins("x-webauth-")
            || begins("x-auth-request-") || begins("x-authentik-") || begins("tailscale-") || begins("cf-access-authenticated-")
    }

    private static func isOf13(_ name: FoldedName) -> Bool {
        name.is("x-script-name") || name.is("x-rewrite-url") || name.is("x-client-cert") || name.is("x-client-s-dn")
            || name.is("x-client-i-dn") || name.is("fly-client-ip") || name.is("forwarded-for") || name.is("remote-groups")
    }

    private static func isOf14(_ name: FoldedName) -> Bool {
        name.is("x-original-url") || name.is("x-original-uri") || name.is("x-original-for") || name.is("true-client-ip")
            || name.is("x-proxyuser-ip") || name.is("cf-pseudo-ipv4")
    }

    private static func isOf15(_ name: FoldedName) -> Bool {
        name.is("front-end-https") || name.is("x-original-host") || name.is("x-client-verify") || name.is("x-host-override")
            || name.is("proxy-client-ip") || name.is("incap-client-ip")
    }

    private static func isOf16(_ name: FoldedName) -> Bool {
        name.is("cf-connecting-ip") || name.is("do-connecting-ip") || name.is("fastly-client-ip") || name.is("x-azure-clientip")
            || name.is("x-azure-socketip") || name.is("x-original-proto") || name.is("x-arr-clientcert")
            || name.is("x-amzn-oidc-data") || name.is("x-originating-ip")
    }

    private static func isOf20(_ name: FoldedName) -> Bool {
        name.is("x-http-host-override") || name.is("x-amzn-oidc-identity") || name.is("wl-proxy-client-cert")
    }

    private static func isLong(_ name: FoldedName, _ count: Int) -> Bool {
        switch count {
        case 21: return name.is("x-envoy-original-path") || name.is("x-ms-client-principal")
        case 24:
            return name.is("x-original-forwarded-for") || name.is("x-envoy-external-address")
                || name.is("x-ms-client-principal-id")
        case 25: return name.is("x-client-cert-fingerprint") || name.is("x-ms-client-principal-idp")
        case 26: return name.is("x-ms-client-principal-name") || name.is("cloudfront-forwarded-proto")
        case 28: return name.is("x-goog-authenticated-user-id")
        case 31: return name.is("x-goog-authenticated-user-email")
        default: return false
        }
    }
}
