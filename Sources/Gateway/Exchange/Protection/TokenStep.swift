import EventLoop
import HTTP
import Protection
import Upstreams

/// The step that checks a token.
extension Exchange {
    /// - Returns: who has the token, if it says so.
    /// - Throws: 401 without a good one; 503 without keys to check it with: nobody comes in then.
    mutating func user(ofTokenIn request: RequestHead, _ plan: TokenPlan) throws(Failure) -> String? {
        let keys = try keys(of: plan)
        guard let text = request.token(in: plan.cookie) else {
            throw Failure(
                .tokenRequired, detail: "A token is needed here.", key: plan.keysKey, fields: TokenPlan.challenge())
        }
        let token: WebToken
        do throws(WebToken.Fault) {
            token = try WebToken(text, keys: keys, rules: plan.rules, now: Double(resources.clock.seconds))
        } catch {
            // An issuer may sign with a key that it has shown since.
            if error == .unknownKey, case .fetched(let fetched) = plan.keys { fetched.miss(now: resources.now) }
            throw Self.invalid(error.rawValue, plan)
        }
        let user = token.text(plan.userClaim)
        // An upstream that relies on the field must not be left without it, nor with an empty one, which may be anybody to it.
        if plan.userField != nil, user.flatMap({ $0.isEmpty ? nil : ConfiguredField("X", $0) }) == nil {
            throw Self.invalid("the token has no \(plan.userClaim), or one that no field can hold", plan)
        }
        return user
    }

    private func keys(of plan: TokenPlan) throws(Failure) -> WebKeys {
        let reading =
            switch plan.keys {
            case .file(let file): resources.tokenKeys.value(of: file.shared)
            case .fetched(let fetched): resources.tokenKeys.value(of: fetched.shared)
            }
        switch reading {
        case .success(let keys): return keys
        case .failure(let fault):
            throw Failure(
                .authUnavailable, detail: fault.reason, key: plan.keysKey, retryAfter: 1,
                clientDetail: "Nobody can be let in at the moment; try again later.")
        }
    }

    private static func invalid(_ reason: String, _ plan: TokenPlan) -> Failure {
        Failure(.tokenInvalid, detail: reason, key: plan.keysKey, fields: TokenPlan.challenge(reason))
    }
}

extension RequestHead {
    /// The token of the one `Authorization` field, or of a cookie.
    fileprivate func token(in cookie: String?) -> [UInt8]? {
        if let cookie { return CookieValue.find(cookie, in: fields).map { Array(fields.bytes[$0]) } }
        guard fields.count(of: .authorization) == 1, let line = fields.first(.authorization) else { return nil }
        return BearerToken.text(Array(fields.bytes[line.value]))
    }
}
