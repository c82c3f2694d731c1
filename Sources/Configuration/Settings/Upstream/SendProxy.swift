/// `send_proxy`: which version of the PROXY protocol a server gets before everything else.
package enum SendProxy: String, Sendable, CaseIterable {
    case v1, v2
}
