#include "CZstd.h"

int gh_zstd_is_error(size_t code) { return ZSTD_isError(code) != 0; }
