#ifndef GATEHOUSE_CFUZZER_H
#define GATEHOUSE_CFUZZER_H
#include <stddef.h>
#include <stdint.h>

/// libFuzzer as a library (LLVM's FuzzerDriver): runs until a finding or the end of its time.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one)(const uint8_t *data, size_t size));

#endif
