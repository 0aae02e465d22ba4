#define _GNU_SOURCE
#include <sys/mman.h>

#include "include/CKernels.h"

// Large pages where the system has them: a pass over 16 MB is bound by misses of address translation otherwise.
void *fc_reserve(long size) {
    void *base = mmap(0, (size_t)size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) return 0;
    (void)madvise(base, (size_t)size, MADV_HUGEPAGE);
    return base;
}

int fc_make_usable(void *base, long size) { return mprotect(base, (size_t)size, PROT_READ | PROT_WRITE); }

void fc_give_back(void *base, long size) { (void)munmap(base, (size_t)size); }
