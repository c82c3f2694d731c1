import HTTP

/// What is changed in the heads that pass a site.
struct HeaderPlan: Sendable {
    /// Request fields on their way to the upstream.
    let request: RequestFieldPolicy
    /// Answer fields on their way to the client, from an upstream.
    let answer: ResponseFieldPolicy
    /// Of every answer that is made here.
    let own: AnswerFields
}
