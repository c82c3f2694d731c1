#pragma once
// A TOML text as a flat list of nodes, each with its place: what Swift needs of toml++, a C++ library.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    CTOML_TABLE,
    CTOML_ARRAY,
    CTOML_STRING,
    CTOML_INTEGER,
    CTOML_FLOAT,
    CTOML_BOOLEAN,
    CTOML_DATE_OR_TIME,
};

// One value, and its key if it stands in a table. Lines and columns count from 1; 0: unknown. Texts are UTF-8, may hold NUL, do
// not end with one, and live as long as the document.
typedef struct {
    int kind;
    uint32_t line, column;
    uint32_t key_line, key_column;
    const char *key;
    size_t key_length;
    const char *text;
    size_t text_length;
    int64_t integer;
    double floating;
    int boolean;
    // How many values a table or an array holds itself; they follow it in the list, each with its own children after it.
    size_t children;
} CTomlNode;

typedef struct CTomlDocument CTomlDocument;

// Parses `length` bytes; they need not outlive the call. Never NULL. The caller bounds length and nesting: toml++ recurses.
CTomlDocument *gh_toml_parse(const char *bytes, size_t length);
void gh_toml_free(CTomlDocument *document);

// The nodes, the root table first; none if the text is not TOML.
const CTomlNode *gh_toml_nodes(const CTomlDocument *document);
size_t gh_toml_node_count(const CTomlDocument *document);

// Why the text is not TOML: UTF-8, `*length` bytes; and where.
const char *gh_toml_error(const CTomlDocument *document, size_t *length, uint32_t *line, uint32_t *column);

#ifdef __cplusplus
}
#endif
