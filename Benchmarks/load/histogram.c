#include "histogram.h"

static uint64_t power_of(uint64_t value) {
    uint64_t scaled = value / HISTOGRAM_STEPS;
    return scaled ? 64 - (uint64_t)__builtin_clzll(scaled) : 0;
}

void histogram_add(struct histogram *histogram, uint64_t nanoseconds) {
    uint64_t power = power_of(nanoseconds);
    if (power >= HISTOGRAM_POWERS) power = HISTOGRAM_POWERS - 1;
    histogram->counts[power][(nanoseconds >> power) % HISTOGRAM_STEPS]++;
    histogram->total++;
    if (nanoseconds > histogram->maximum) histogram->maximum = nanoseconds;
}

uint64_t histogram_percentile(const struct histogram *histogram, double share) {
    uint64_t wanted = (uint64_t)(share * (double)histogram->total), seen = 0;
    for (uint64_t power = 0; power < HISTOGRAM_POWERS; power++) {
        // Above the first power only the upper half of the steps is in use, in ascending order.
        for (uint64_t step = 0; step < HISTOGRAM_STEPS; step++) {
            seen += histogram->counts[power][step];
            if (seen > wanted) return (step << power) + ((1ULL << power) >> 1);
        }
    }
    return histogram->maximum;
}
