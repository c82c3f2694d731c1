/// The reasons for refusing a message; the raw value is the stable code in logs, `Proxy-Status` and the documentation.
package enum RefusalReason: String, Sendable, CaseIterable {
    // MARK: Lines

    /// A line ended with LF alone. Parsers that accept it and parsers that do not see different messages (RFC 9112 §2.2).
    case bareLF = "bare_lf"
    /// A CR was not followed by LF (RFC 9112 §2.2).
    case bareCR = "bare_cr"
    /// A NUL or another control character stood in a head (RFC 9110 §5.5).
    case controlByte = "control_byte"
    /// The first bytes are a TLS handshake, but this port speaks plain HTTP.
    case tlsOnPlainPort = "tls_on_plain_port"
    /// The head is larger than the configured limit.
    case headTooLarge = "head_too_large"

    // MARK: Request line

    /// The request line is not `method SP target SP version` (RFC 9112 §3).
    case requestLineMalformed = "request_line_malformed"
    /// The method is not a token (RFC 9110 §9.1).
    case methodMalformed = "method_malformed"
    /// The method is longer than any that exists (RFC 9112 §3: 501).
    case methodTooLong = "method_too_long"
    /// The request target is longer than the configured limit (RFC 9112 §3: 414).
    case targetTooLong = "target_too_long"
    /// The request target has none of the four forms of RFC 9112 §3.2, or a form the method does not allow.
    case targetMalformed = "target_malformed"
    /// The request target has a fragment, which never belongs into a request (RFC 9112 §3.2).
    case targetFragment = "target_fragment"
    /// The absolute-form target has a scheme other than `http` and `https`.
    case targetScheme = "target_scheme"
    /// The version is not `HTTP/` digit `.` digit (RFC 9112 §2.3), or is missing (HTTP/0.9).
    case versionMalformed = "version_malformed"
    /// The version is not HTTP/1 (RFC 9110 §15.6.6: 505); a higher minor version is read as HTTP/1.1.
    case versionUnsupported = "version_unsupported"
    /// The client opened with the HTTP/2 preface on a connection that was not agreed to speak HTTP/2.
    case http2Preface = "http2_preface"

    // MARK: Path (docs/paths.md)

    /// `%` in the path without two hexadecimal digits after it.
    case pathEscapeMalformed = "path_escape_malformed"
    /// An escaped control character in the path, as `%00` or `%0D`.
    case pathControl = "path_control"
    /// A backslash in the path, raw or as `%5C`: some servers take it for a slash.
    case pathBackslash = "path_backslash"
    /// A dot segment in disguise: behind an encoded slash or with parameters, as `..%2F` or `..;x`, or made by a rewrite.
    case pathDisguisedDots = "path_disguised_dots"
    /// An encoded slash among a segment's parameters, as `;x%2Fy`: to some servers it ends them, to others it does not.
    case pathParameterSlash = "path_parameter_slash"
    /// Dot segments climb above the root.
    case pathAboveRoot = "path_above_root"

    // MARK: Fields

    /// A line begins with white space: an obsolete folded line, or white space before the first field (RFC 9112 §2.2, §5.2).
    case foldedLine = "folded_line"
    /// White space between a field name and its colon (RFC 9112 §5.1), in a request; from an answer it is removed.
    case spaceBeforeColon = "space_before_colon"
    /// A field line without a name.
    case fieldNameEmpty = "field_name_empty"
    /// A field name is not a token, or a line has no colon (RFC 9110 §5.1).
    case fieldNameMalformed = "field_name_malformed"
    /// A field line is larger than the configured limit.
    case fieldTooLarge = "field_too_large"
    /// More field lines than the configured limit.
    case tooManyFields = "too_many_fields"

    /// `Connection` has more than 32 options.
    case tooManyConnectionOptions = "too_many_connection_options"

    // MARK: Host

    /// An HTTP/1.1 request without `Host` (RFC 9112 §3.2).
    case hostMissing = "host_missing"
    /// More than one `Host` line (RFC 9112 §3.2).
    case hostRepeated = "host_repeated"
    /// `Host`, or the authority in the target, is not `host[:port]` (RFC 9112 §3.2).
    case hostMalformed = "host_malformed"
    /// `Host` names another authority than the absolute-form target.
    case hostDisagreesWithTarget = "host_disagrees_with_target"

    // MARK: Framing

    /// Both `Content-Length` and `Transfer-Encoding`: the classic request smuggling message (RFC 9112 §6.1, §6.3).
    case contentLengthAndTransferEncoding = "content_length_and_transfer_encoding"
    /// `Content-Length` is not a plain decimal number (RFC 9110 §8.6).
    case contentLengthMalformed = "content_length_malformed"
    /// More than one `Content-Length`, even if they agree (RFC 9112 §6.3 (5)).
    case contentLengthRepeated = "content_length_repeated"
    /// `Content-Length` does not fit into 63 bits.
    case contentLengthOverflow = "content_length_overflow"
    /// `Transfer-Encoding` is empty, has parameters, tabs or empty members (RFC 9112 §6.1).
    case transferEncodingMalformed = "transfer_encoding_malformed"
    /// `chunked` is applied twice (RFC 9112 §6.1).
    case chunkedRepeated = "chunked_repeated"
    /// `chunked` is not the last transfer coding (RFC 9112 §6.1).
    case chunkedNotLast = "chunked_not_last"
    /// A transfer coding other than `chunked` (RFC 9112 §6.1: 501).
    case transferCodingUnknown = "transfer_coding_unknown"
    /// `Transfer-Encoding` in an HTTP/1.0 message (RFC 9112 §6.1).
    case transferEncodingNotAllowed = "transfer_encoding_not_allowed"
    /// A TRACE or CONNECT request with a body (RFC 9110 §9.3.6, §9.3.8).
    case bodyNotAllowed = "body_not_allowed"
    /// A WebSocket handshake that has a body: who reads the body is not defined.
    case upgradeWithBody = "upgrade_with_body"
    /// An expectation other than `100-continue` (RFC 9110 §10.1.1: 417).
    case expectationUnknown = "expectation_unknown"

    // MARK: HTTP/2

    /// A name that is empty, in upper case, or no token (RFC 9113 §8.2.1).
    case http2FieldName = "http2_field_name"
    /// A value with NUL, CR or LF in it, or with white space at its edges (RFC 9113 §8.2.1).
    case http2FieldValue = "http2_field_value"
    /// A field of the connection, of which HTTP/2 has none, or `te` that says more than `trailers` (RFC 9113 §8.2.2).
    case http2ConnectionField = "http2_connection_field"
    /// A pseudo-field that requests do not have (RFC 9113 §8.3).
    case pseudoFieldUnknown = "pseudo_field_unknown"
    /// A pseudo-field behind a regular one (RFC 9113 §8.3).
    case pseudoFieldLate = "pseudo_field_late"
    /// A pseudo-field twice (RFC 9113 §8.3).
    case pseudoFieldRepeated = "pseudo_field_repeated"
    /// No `:method`, `:scheme` or `:path` (RFC 9113 §8.3.1).
    case pseudoFieldMissing = "pseudo_field_missing"
    /// `:scheme` is neither `http` nor `https`.
    case schemeUnknown = "scheme_unknown"
    /// `:path` does not begin with a slash or has white space in it, or `:method` is no token (RFC 9113 §8.3.1).
    case pathMalformed = "path_malformed"
    /// `content-length` of a request is not what the DATA of its stream comes to (RFC 9113 §8.1.1).
    case contentLengthDisagrees = "content_length_disagrees"
    /// Trailers that do not end their stream (RFC 9113 §8.1).
    case trailersUnended = "trailers_unended"
    /// CONNECT with `:scheme` or `:path`, or without `:authority` (RFC 9113 §8.5).
    case connectMalformed = "connect_malformed"
    /// `:protocol` without CONNECT, or where it was not offered (RFC 8441 §4).
    case connectProtocolUnexpected = "connect_protocol_unexpected"
    /// An extended CONNECT to something else than `websocket` (RFC 8441 §4).
    case connectProtocolUnknown = "connect_protocol_unknown"

    // MARK: Chunked bodies

    /// A chunk size is not hexadecimal, or is missing (RFC 9112 §7.1).
    case chunkSizeMalformed = "chunk_size_malformed"
    /// A chunk size does not fit into 63 bits (RFC 9112 §7.1).
    case chunkSizeOverflow = "chunk_size_overflow"
    /// A chunk extension is malformed: a control character, or no name behind `;` (RFC 9112 §7.1.1).
    case chunkExtensionMalformed = "chunk_extension_malformed"
    /// Chunk extensions are longer than the limit (RFC 9112 §7.1.1).
    case chunkExtensionTooLarge = "chunk_extension_too_large"
    /// Chunk data is not followed by CRLF (RFC 9112 §7.1).
    case chunkDataUnterminated = "chunk_data_unterminated"
    /// The trailer section is larger than the limit (RFC 9112 §7.1.2).
    case trailersTooLarge = "trailers_too_large"

    // MARK: Responses

    /// The status line is not `version SP three digits SP [reason]` (RFC 9112 §4).
    case statusLineMalformed = "status_line_malformed"
    /// The status is not between 100 and 599 (RFC 9110 §15).
    case statusInvalid = "status_invalid"
    /// A 101 that nobody asked for, or for another protocol (RFC 9110 §15.2.2).
    case switchNotAskedFor = "switch_not_asked_for"
    /// A 2xx other than the switch to WebSocket, for a client that takes every 2xx for it (RFC 8441 §5).
    case switchMissing = "switch_missing"
    /// More than 100 interim (1xx) heads before an answer (RFC 9110 §15.2).
    case tooManyInterimHeads = "too_many_interim_heads"

    /// The status of the answer when a client sent it.
    package var status: Int {
        switch self {
        case .targetTooLong: 414
        case .headTooLarge, .fieldTooLarge, .tooManyFields, .tooManyConnectionOptions, .trailersTooLarge: 431
        case .methodTooLong, .transferCodingUnknown, .connectProtocolUnknown: 501
        case .versionUnsupported, .http2Preface: 505
        case .expectationUnknown: 417
        default: 400
        }
    }
}
