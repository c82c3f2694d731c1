#pragma once

// What the files of this shim know of the wire and the rest of the program need not.

#include "COpenSSL.h"

#include <sys/types.h>

/// Sends the first `count` bytes of gh_gather_room(); nothing may be pending, and what the socket does not take is pending then. 0, or
/// -1 on an error (`error` is set).
int gh_wire_send_gathered(gh_wire *wire, size_t count);

/// One recv, unless it is known to fail. Returns how many bytes came; 0 for none now or, with `at_end` set, for the peer's FIN;
/// -1 for an error, with `error` set.
ssize_t gh_wire_receive(gh_wire *wire, unsigned char *room, size_t capacity);

/// Keeps bytes that nobody can use yet; the inbox must be empty. 0 when memory is out.
int gh_wire_keep_inbox(gh_wire *wire, const unsigned char *bytes, size_t count);

/// Forgets the inbox's first `count` bytes, of which there are so many.
void gh_wire_drop_inbox(gh_wire *wire, size_t count);

/// Takes up to `capacity` bytes out of the inbox.
size_t gh_wire_take_inbox(gh_wire *wire, unsigned char *room, size_t capacity);
