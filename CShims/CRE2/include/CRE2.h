#pragma once
// What Swift needs of RE2, a C++ library: expressions that are compiled once and matched by many threads, in a time that grows
// with the text and not with what the expression could make of it.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CRE2Expression CRE2Expression;

// Compiles `length` bytes of RE2's syntax; they need not outlive the call. Never NULL. Text and expression are bytes, not UTF-8:
// a dot takes every byte but a line feed. `memory` bounds the bytes of the program and of its states.
CRE2Expression *gh_re2_compile(const char *bytes, size_t length, int64_t memory);
void gh_re2_free(CRE2Expression *expression);

// Why it cannot be used, of `*length` bytes; NULL if it can.
const char *gh_re2_error(const CRE2Expression *expression, size_t *length);

// How many groups it has, besides the whole.
int gh_re2_group_count(const CRE2Expression *expression);
// The name of a group from 1, ending with a NUL; NULL if it has none.
const char *gh_re2_group_name(const CRE2Expression *expression, int number);

// Looks for the first match anywhere in `length` bytes; 0 if there is none. `bounds` gets two offsets for the whole and for each
// of `groups` groups: its beginning and its end, or -1 twice if it took nothing.
int gh_re2_match(const CRE2Expression *expression, const uint8_t *text, size_t length, ptrdiff_t *bounds, int groups);

#ifdef __cplusplus
}
#endif
