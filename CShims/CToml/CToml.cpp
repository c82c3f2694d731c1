#include "CToml.h"

// toml++ asserts what its callers should have checked, and in 3.3 one of them does not: `[.a]` and `[[[a]]]` reach parse_key()
// (marzer/tomlplusplus#301), which has an error for that case after its assertion. As an assertion it would end the process,
// and with NDEBUG it would be a promise to the compiler that is not kept. Here it is neither.
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <string>
#include <vector>

struct CTomlDocument {
    toml::table root;
    std::vector<CTomlNode> nodes;
    std::string error;
    toml::source_position error_position{};
};

namespace {

void append(std::vector<CTomlNode> &nodes, const toml::node &value, const toml::key *key) {
    CTomlNode node{};
    node.line = value.source().begin.line;
    node.column = value.source().begin.column;
    if (key) {
        node.key = key->str().data();
        node.key_length = key->str().size();
        node.key_line = key->source().begin.line;
        node.key_column = key->source().begin.column;
    }
    if (const auto *table = value.as_table()) {
        node.kind = CTOML_TABLE;
        node.children = table->size();
        nodes.push_back(node);
        for (auto &&[child_key, child] : *table) append(nodes, child, &child_key);
        return;
    }
    if (const auto *array = value.as_array()) {
        node.kind = CTOML_ARRAY;
        node.children = array->size();
        nodes.push_back(node);
        for (auto &&child : *array) append(nodes, child, nullptr);
        return;
    }
    if (const auto *text = value.as_string()) {
        node.kind = CTOML_STRING;
        node.text = text->get().data();
        node.text_length = text->get().size();
    } else if (const auto *integer = value.as_integer()) {
        node.kind = CTOML_INTEGER;
        node.integer = integer->get();
    } else if (const auto *floating = value.as_floating_point()) {
        node.kind = CTOML_FLOAT;
        node.floating = floating->get();
    } else if (const auto *boolean = value.as_boolean()) {
        node.kind = CTOML_BOOLEAN;
        node.boolean = boolean->get() ? 1 : 0;
    } else {
        node.kind = CTOML_DATE_OR_TIME;
    }
    nodes.push_back(node);
}

}  // namespace

CTomlDocument *gh_toml_parse(const char *bytes, size_t length) {
    auto *document = new CTomlDocument;
    auto result = toml::parse(std::string_view(bytes, length));
    if (!result) {
        document->error = std::string(result.error().description());
        document->error_position = result.error().source().begin;
        return document;
    }
    document->root = std::move(result).table();
    append(document->nodes, document->root, nullptr);
    return document;
}

void gh_toml_free(CTomlDocument *document) { delete document; }

const CTomlNode *gh_toml_nodes(const CTomlDocument *document) { return document->nodes.data(); }

size_t gh_toml_node_count(const CTomlDocument *document) { return document->nodes.size(); }

const char *gh_toml_error(const CTomlDocument *document, size_t *length, uint32_t *line, uint32_t *column) {
    *length = document->error.size();
    *line = document->error_position.line;
    *column = document->error_position.column;
    return document->error.data();
}
