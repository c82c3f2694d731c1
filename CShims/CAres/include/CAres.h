#pragma once

#include <stddef.h>
#include <stdint.h>

/// One c-ares channel whose sockets are all in one epoll set: the set's descriptor is the only thing that an event loop has to
/// watch. Everything of it belongs to one thread.
struct gh_names;

/// One address of a name.
struct gh_address {
    /// 4 or 16 bytes of `bytes`, in network order.
    uint8_t bytes[16];
    uint32_t length;
    /// The interface of a link-local IPv6 address; 0 if none.
    uint32_t scope;
    /// How long it may be used, in seconds; 0 for one that comes from /etc/hosts.
    uint32_t ttl;
};

/// An answer to what was asked for one family: `status` is c-ares's code, 0 with at least one address. The addresses live as long
/// as the call.
typedef void (*gh_names_answer)(
    void *owner, uint64_t question, int family, int status, const struct gh_address *addresses, size_t count);

/// Makes a channel. `epoll` is a new epoll set, which stays the caller's and must outlive the channel. `servers` is a list as
/// "127.0.0.1:53,[::1]:53", or NULL for those of /etc/resolv.conf. NULL with c-ares's code in `status` if it cannot be made.
struct gh_names *gh_names_open(
    int epoll, const char *servers, int timeout_ms, int attempts, void *owner, gh_names_answer answer, int *status);

/// Does /etc/hosts have a name, with an address of either family?
int gh_names_in_file(struct gh_names *names, const char *name);

/// Asks for a name's addresses of a family (AF_INET, AF_INET6, or AF_UNSPEC for both), of /etc/hosts first, then of DNS. May
/// answer before it returns.
void gh_names_ask(struct gh_names *names, const char *name, int family, uint64_t question);

/// One CAA record (RFC 8659 §4). The letters live as long as the call, and have no zero behind them.
struct gh_caa {
    int critical;
    const unsigned char *tag;
    size_t tag_length;
    const unsigned char *value;
    size_t value_length;
};

/// An answer to what was asked for; `status` is c-ares's code.
typedef void (*gh_caa_answer)(void *owner, uint64_t question, int status, const struct gh_caa *records, size_t count);

/// Asks DNS for a name's CAA records. May answer before it returns. 0 if memory is out: then nothing is answered.
int gh_names_ask_caa(struct gh_names *names, const char *name, uint64_t question, gh_caa_answer answer);

/// Does the status mean that there are no such records, or no such name?
int gh_names_has_none(int status);

/// Does what the sockets and the time ask for. Milliseconds until it must be called again, sockets or not; -1 if nothing is
/// under way.
int gh_names_step(struct gh_names *names);

/// Ends it; questions under way get no answer.
void gh_names_close(struct gh_names *names);

/// A status in words; a constant string.
const char *gh_names_words(int status);
