#pragma once
// libzstd's stable interface, RFC 8878.
#include <zstd.h>

// ZSTD_isError: whether what a call returned is an error's number; a name of our own, since some releases make it a macro.
int gh_zstd_is_error(size_t code);
