#pragma once
// libbrotli's encoder, RFC 7932: Swift can import it as it is.
#include <brotli/encode.h>
