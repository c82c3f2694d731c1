#pragma once

// What the files of this shim know of the wire and the rest of the program need not.

#include "COpenSSL.h"

#include <sys/types.h>

enum {
    /// Bytes of tickets that wait for what is sent next. One that says more, of a client's certificate, leaves at once.
    GH_MOST_HELD = 2048,
    /// Bytes that a server may say in a handshake. Its chain may have a hundred thousand, and the authorities that it names to
    /// clients as many.
    GH_LONGEST_FLIGHT = 256 * 1024,
};

/// Has a server said more than that in its handshake? OpenSSL passes over as many HelloRequests (RFC 5246 §7.4.1.1) as come, and
/// does not return while there is another: no deadline would end it. 1 with an error in OpenSSL's queue.
int gh_flight_is_too_long(BIO *bio);

/// Copies tickets that wait into the room, and forgets them. How many bytes there were.
size_t gh_wire_take_tickets(gh_wire *wire);

/// Sends tickets that wait, without anything else. That they cannot be sent is told by the next write.
void gh_wire_send_tickets(gh_wire *wire);

/// Sends the first `count` bytes of gh_gather_room(); nothing may be pending, and what the socket does not take is pending then.
/// 0, or -1 on an error (`error` is set). `flags` are more of send(2)'s.
int gh_wire_send_gathered(gh_wire *wire, size_t count, int flags);

/// One recv, unless it is known to fail. Returns how many bytes came; 0 for none now or, with `at_end` set, for the peer's FIN;
/// -1 for an error, with `error` set.
ssize_t gh_wire_receive(gh_wire *wire, unsigned char *room, size_t capacity);

/// Keeps bytes that nobody can use yet; the inbox must be empty. 0 when memory is out.
int gh_wire_keep_inbox(gh_wire *wire, const unsigned char *bytes, size_t count);

/// Forgets the inbox's first `count` bytes, of which there are so many.
void gh_wire_drop_inbox(gh_wire *wire, size_t count);

/// Takes up to `capacity` bytes out of the inbox.
size_t gh_wire_take_inbox(gh_wire *wire, unsigned char *room, size_t capacity);
