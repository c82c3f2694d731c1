#pragma once

#include "CAres.h"

#include <ares.h>

struct gh_names {
    ares_channel channel;
    int epoll;
    void *owner;
    // NULL while the channel is being closed.
    gh_names_answer answer;
};
