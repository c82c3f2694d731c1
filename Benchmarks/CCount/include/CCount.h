#pragma once
#include <stdint.h>

/// Allocations of this thread so far: malloc, calloc, realloc and the aligned ones.
uint64_t count_allocations(void);
