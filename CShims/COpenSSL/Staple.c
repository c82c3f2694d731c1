// The OCSP answer that a server sends with its certificate, as a probe tells it.

#include "COpenSSL.h"

#include <openssl/ocsp.h>

static int status_of(OCSP_RESPONSE *response) {
    if (OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL) return GH_STAPLE_USELESS;
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    if (basic == NULL) return GH_STAPLE_USELESS;
    OCSP_SINGLERESP *single = OCSP_resp_get0(basic, 0);
    int status = single == NULL ? GH_STAPLE_USELESS : OCSP_single_get0_status(single, NULL, NULL, NULL, NULL);
    OCSP_BASICRESP_free(basic);
    return status < 0 ? GH_STAPLE_USELESS : status;
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
    int status = status_of(response);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return status;
}
