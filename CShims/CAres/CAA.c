#include "CAres.h"

#include "Names.h"

#include <ares.h>
#include <stdlib.h>
#include <string.h>

enum { most_records = 32, type_caa = 257 };

struct caa_question {
    struct gh_names *names;
    uint64_t number;
    gh_caa_answer answer;
};

static void answered(void *argument, int status, int timeouts, unsigned char *message, int length) {
    (void)timeouts;
    struct caa_question question = *(struct caa_question *)argument;
    free(argument);
    // The channel is being closed: nobody waits any more.
    if (question.names->answer == NULL) return;
    struct ares_caa_reply *found = NULL;
    if (status == ARES_SUCCESS) status = ares_parse_caa_reply(message, length, &found);
    struct gh_caa records[most_records];
    size_t count = 0;
    for (const struct ares_caa_reply *record = found; record != NULL && count < most_records; record = record->next) {
        records[count++] = (struct gh_caa){
            .critical = record->critical & 128 ? 1 : 0,
            .tag = record->property, .tag_length = record->plength,
            .value = record->value, .value_length = record->length,
        };
    }
    question.answer(question.names->owner, question.number, status, records, count);
    if (found != NULL) ares_free_data(found);
}

int gh_names_ask_caa(struct gh_names *names, const char *name, uint64_t number, gh_caa_answer answer) {
    struct caa_question *question = malloc(sizeof *question);
    if (question == NULL) return 0;
    *question = (struct caa_question){.names = names, .number = number, .answer = answer};
    ares_query(names->channel, name, 1, type_caa, answered, question);
    return 1;
}

int gh_names_has_none(int status) { return status == ARES_ENODATA || status == ARES_ENOTFOUND; }
