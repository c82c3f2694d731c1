// A log-linear histogram of durations: 128 steps per power of two, so a percentile is right within 0.8 %.
#pragma once

#include <stdint.h>

#define HISTOGRAM_STEPS 128
#define HISTOGRAM_POWERS 40

struct histogram {
    uint64_t counts[HISTOGRAM_POWERS][HISTOGRAM_STEPS];
    uint64_t total, maximum;
};

void histogram_add(struct histogram *histogram, uint64_t nanoseconds);
/// The duration in ns below which `share` (0–1) of the values lie; 0 if there are none.
uint64_t histogram_percentile(const struct histogram *histogram, double share);
