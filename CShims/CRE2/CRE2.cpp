#include "CRE2.h"

#include <re2/re2.h>

#include <map>
#include <string>
#include <vector>

struct CRE2Expression {
    CRE2Expression(re2::StringPiece text, const re2::RE2::Options &options) : expression(text, options) {}

    re2::RE2 expression;
};

CRE2Expression *gh_re2_compile(const char *bytes, size_t length, int64_t memory) {
    re2::RE2::Options options(re2::RE2::Latin1);
    options.set_log_errors(false);
    options.set_max_mem(memory);
    return new CRE2Expression(re2::StringPiece(bytes, length), options);
}

void gh_re2_free(CRE2Expression *expression) { delete expression; }

const char *gh_re2_error(const CRE2Expression *expression, size_t *length) {
    if (expression->expression.ok()) return nullptr;
    const std::string &error = expression->expression.error();
    *length = error.size();
    return error.data();
}

int gh_re2_group_count(const CRE2Expression *expression) { return expression->expression.NumberOfCapturingGroups(); }

const char *gh_re2_group_name(const CRE2Expression *expression, int number) {
    const std::map<int, std::string> &names = expression->expression.CapturingGroupNames();
    const auto name = names.find(number);
    return name == names.end() ? nullptr : name->second.c_str();
}

int gh_re2_match(const CRE2Expression *expression, const uint8_t *text, size_t length, ptrdiff_t *bounds, int groups) {
    const re2::StringPiece whole(reinterpret_cast<const char *>(text), length);
    std::vector<re2::StringPiece> found(static_cast<size_t>(groups) + 1);
    if (!expression->expression.Match(whole, 0, length, re2::RE2::UNANCHORED, found.data(), groups + 1)) return 0;
    for (const re2::StringPiece &part : found) {
        const bool took = part.data() != nullptr;
        *bounds++ = took ? part.data() - whole.data() : -1;
        *bounds++ = took ? part.data() - whole.data() + static_cast<ptrdiff_t>(part.size()) : -1;
    }
    return 1;
}
