import HTTP

/// The head of an answer that is made here, whichever version of HTTP writes it.
///
/// Date, framing and what concerns the connection are the client side's own; see `ClientSide.begin`.
struct Answer {
    var status: Int
    /// The framing of the body that follows.
    var framing: BodyFraming
    /// Where no body follows: the length that a GET's answer would have (RFC 9110 §8.6).
    var statedLength: UInt64?
    var fields: AnswerFields
    /// What every answer of the site has, `HeaderPlan.own`: apart from `fields`, so that none of the two is copied to be joined.
    var siteFields: AnswerFields
    /// Is a `Date` among `siteFields`, in place of the client side's?
    var hasDate = false
}
