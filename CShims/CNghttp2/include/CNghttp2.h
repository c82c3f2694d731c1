#pragma once
/// HPACK's decoder (RFC 7541): nghttp2_hd_inflate_*. Frames and flow control are our own.
#include <nghttp2/nghttp2.h>
