#pragma once
#include <zlib.h>

/// deflateInit2 (a macro, hence this function) for a gzip stream (RFC 1952): 32 KiB window, memory level 8, about
/// 256 KiB of state. `level` is 0 to 9. Returns zlib's code.
int gh_gzip_init(z_stream *stream, int level);
