// What a certificate's OCSP responder is asked, and what its answer is worth (RFC 6960).

#include "Stapling.h"

#include <string.h>

/// Seconds by which clocks may differ.
static const long skew = 300;

int gh_staple_question(const gh_staple *staple, unsigned char **question) {
    int length = -1;
    *question = NULL;
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    OCSP_CERTID *certificate = OCSP_CERTID_dup(staple->certificate);
    if (request != NULL && certificate != NULL && OCSP_request_add0_id(request, certificate) != NULL) {
        // Owned by the request from here on.
        certificate = NULL;
        length = i2d_OCSP_REQUEST(request, question);
    }
    OCSP_CERTID_free(certificate);
    OCSP_REQUEST_free(request);
    ERR_clear_error();
    return length;
}

// Only the issuer is trusted, for this alone: whom the system trusts else has no say about its certificates.
static int is_signed(OCSP_BASICRESP *basic, X509 *issuer) {
    int result = 0;
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *others = sk_X509_new_null();
    if (store != NULL && others != NULL && X509_STORE_add_cert(store, issuer) == 1 &&
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1 && sk_X509_push(others, issuer) > 0) {
        result = OCSP_basic_verify(basic, others, store, 0) == 1;
    }
    sk_X509_free(others);
    X509_STORE_free(store);
    return result;
}

static int64_t seconds(const ASN1_GENERALIZEDTIME *time) {
    struct tm parts;
    if (time == NULL || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
    return (int64_t)timegm(&parts);
}

static gh_staple_verdict judge_basic(const gh_staple *staple, OCSP_BASICRESP *basic, int64_t now, gh_staple_facts *facts) {
    if (!is_signed(basic, staple->issuer)) return GH_ANSWER_UNSIGNED;
    int status = -1, reason = 0;
    ASN1_GENERALIZEDTIME *revoked = NULL, *from = NULL, *to = NULL;
    if (OCSP_resp_find_status(basic, staple->certificate, &status, &reason, &revoked, &from, &to) != 1) {
        return GH_ANSWER_OF_ANOTHER;
    }
    facts->this_update = seconds(from);
    facts->next_update = seconds(to);
    if (facts->this_update == 0 || facts->this_update > now + skew) return GH_ANSWER_NOT_YET;
    facts->is_revoked = status == V_OCSP_CERTSTATUS_REVOKED;
    if (to != NULL && facts->next_update <= now) return GH_ANSWER_EXPIRED;
    if (facts->is_revoked) return GH_ANSWER_REVOKED;
    return status == V_OCSP_CERTSTATUS_GOOD ? GH_ANSWER_GOOD : GH_ANSWER_UNKNOWN;
}

gh_staple_verdict gh_staple_judge(
    const gh_staple *staple, const unsigned char *answer, size_t length, int64_t now, gh_staple_facts *facts) {
    memset(facts, 0, sizeof *facts);
    const unsigned char *end = answer;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &end, (long)length);
    gh_staple_verdict verdict = GH_ANSWER_UNREADABLE;
    // What stands behind it would be shown to clients, too.
    if (response != NULL && end == answer + length) {
        facts->error = OCSP_response_status(response);
        if (facts->error != OCSP_RESPONSE_STATUS_SUCCESSFUL) verdict = GH_ANSWER_ERROR;
        OCSP_BASICRESP *basic = verdict == GH_ANSWER_ERROR ? NULL : OCSP_response_get1_basic(response);
        if (basic != NULL) verdict = judge_basic(staple, basic, now, facts);
        OCSP_BASICRESP_free(basic);
    }
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return verdict;
}
