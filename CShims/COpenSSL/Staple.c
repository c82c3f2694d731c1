// The OCSP answer that a server sends with its certificate, as a probe tells it.

#include "COpenSSL.h"

#include <openssl/ocsp.h>

// Seconds by which clocks may differ.
static const long skew = 300;

// What is said of the certificate with this serial number. Whose it is otherwise is not asked, nor who has signed that: for both
// the issuer is needed, which a server may have left out.
static int status_of(OCSP_BASICRESP *basic, const ASN1_INTEGER *serial) {
    int count = OCSP_resp_count(basic);
    for (int index = 0; index < count; index += 1) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(basic, index);
        ASN1_INTEGER *named = NULL;
        if (OCSP_id_get0_info(NULL, NULL, NULL, &named, (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single)) != 1) continue;
        if (ASN1_INTEGER_cmp(named, serial) != 0) continue;
        ASN1_GENERALIZEDTIME *from = NULL, *to = NULL;
        int status = OCSP_single_get0_status(single, NULL, NULL, &from, &to);
        if (status < 0) return GH_STAPLE_USELESS;
        int is_timely = OCSP_check_validity(from, to, skew, -1) == 1;
        return status == V_OCSP_CERTSTATUS_GOOD && !is_timely ? GH_STAPLE_UNTIMELY : status;
    }
    return count > 0 ? GH_STAPLE_OF_ANOTHER : GH_STAPLE_USELESS;
}

static int status_in(OCSP_RESPONSE *response, const X509 *leaf) {
    if (leaf == NULL || OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL) return GH_STAPLE_USELESS;
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    if (basic == NULL) return GH_STAPLE_USELESS;
    int status = status_of(basic, X509_get0_serialNumber(leaf));
    OCSP_BASICRESP_free(basic);
    return status;
}

int gh_staple_status(SSL *ssl) {
    const unsigned char *bytes = NULL;
    long length = SSL_get_tlsext_status_ocsp_resp(ssl, &bytes);
    if (length <= 0 || bytes == NULL) return GH_STAPLE_NONE;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &bytes, length);
    if (response == NULL) {
        ERR_clear_error();
        return GH_STAPLE_USELESS;
    }
    int status = status_in(response, SSL_get0_peer_certificate(ssl));
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return status;
}
