#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "simd.h"

int fc_available_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

long fc_available_memory(void) {
    FILE *file = fopen("/proc/meminfo", "re");
    if (!file) return -1;
    char line[128];
    long available = -1, swap = 0;
    while (fgets(line, sizeof line, file)) {
        sscanf(line, "MemAvailable: %ld", &available);
        sscanf(line, "SwapFree: %ld", &swap);
    }
    fclose(file);
    return available < 0 ? -1 : (available + swap) * 1024;
}

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

static uint64_t enabled_state(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

int fc_instruction_sets(void) {
    uint32_t a, b, c, d, b7, d7, unused;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
    uint64_t state = enabled_state();
    int vectors = (state & 0x06) == 0x06, masks = (state & 0xe6) == 0xe6, tiles = (state & 0x60000) == 0x60000;
    int fma = (c & bit_FMA) != 0, sets = 0;
    if (!__get_cpuid_count(7, 0, &a, &b7, &unused, &d7)) return 0;
    if (vectors && fma && (b7 & bit_AVX2)) sets |= FC_AVX2;
    // The level that kernels of x86-64-v4 and of OpenBLAS' SKYLAKEX need.
    int level4 = (b7 & bit_AVX512F) && (b7 & bit_AVX512DQ) && (b7 & bit_AVX512BW) && (b7 & bit_AVX512VL)
                 && (b7 & bit_AVX512CD);
    if (masks && level4) sets |= FC_AVX512;
    if (tiles && (d7 & (1u << 22)) && (d7 & (1u << 24))) sets |= FC_AMX_BF16;
    if ((sets & FC_AVX512) && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 5))) sets |= FC_AVX512_BF16;
    return sets;
}

void fc_processor_name(char *name, long capacity) {
    char brand[49] = {0};
    uint32_t words[12];
    for (uint32_t i = 0; i < 3; i++)
        if (!__get_cpuid(0x80000002u + i, words + 4 * i, words + 4 * i + 1, words + 4 * i + 2, words + 4 * i + 3)) {
            words[0] = 0;
            break;
        }
    memcpy(brand, words, 48);
    const char *start = brand;
    while (*start == ' ') start++;
    strncpy(name, start, (size_t)capacity - 1);
    name[capacity - 1] = 0;
}

// Bits 15 (results) and 6 (operands) of MXCSR.
uint32_t fc_flush_denormals(void) {
    uint32_t state = _mm_getcsr();
    _mm_setcsr(state | 0x8040);
    return state;
}

void fc_restore_denormals(uint32_t state) { _mm_setcsr(state); }

#else

int fc_instruction_sets(void) { return 0; }
void fc_processor_name(char *name, long capacity) { if (capacity > 0) name[0] = 0; }
uint32_t fc_flush_denormals(void) { return 0; }
void fc_restore_denormals(uint32_t state) { (void)state; }

#endif

#ifndef FC_COMMIT
#define FC_COMMIT ""
#endif

const char *fc_source_commit(void) { return FC_COMMIT; }
