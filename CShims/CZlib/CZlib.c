#include "CZlib.h"

int gh_gzip_init(z_stream *stream, int level) {
    // 15 bits of window; + 16 asks for gzip's header and trailer instead of zlib's.
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
