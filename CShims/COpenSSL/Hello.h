#pragma once

#include "Wire.h"

/// Keeps a ClientHello, as it came with its message's header, as its wire's `hello`.
void gh_keep_hello(const SSL *ssl, const unsigned char *message, size_t length);
