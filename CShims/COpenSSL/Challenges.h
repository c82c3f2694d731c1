// Between the files of this module.
#pragma once

#include <openssl/ssl.h>

/// Remembers whether the hello that is looked at asks for ACME's protocol alone (RFC 8737 §3): gh_is_challenge.
void gh_look_for_challenge(SSL *ssl);
