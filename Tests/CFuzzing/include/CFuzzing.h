#ifndef CFUZZING_H
#define CFUZZING_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's entry, for a program with a main of its own. */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *bytes, size_t count));

/* From the first call on every allocation is counted. Returns 0 where the sanitizer does not tell. */
int cfuzzing_count_memory(void);
/* Starts a new maximum. */
void cfuzzing_reset_peak(void);
/* The most bytes of heap in use since cfuzzing_reset_peak, beyond those in use then. */
size_t cfuzzing_peak(void);

#endif
