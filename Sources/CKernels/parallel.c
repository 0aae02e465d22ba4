#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>

#include "CKernels.h"

void fc_work(void *pointer) {
    fc_job *job = pointer;
    uint32_t state = fc_flush_denormals();
    for (;;) {
        long index = __atomic_fetch_add(&job->next, 1, __ATOMIC_RELAXED);
        if (index >= job->count) break;
        job->task(job->context, index);
    }
    fc_restore_denormals(state);
}

// libgomp's entry for `#pragma omp parallel`, part of its ABI since GCC 4.9.
typedef void (*gomp_parallel)(void (*)(void *), void *, unsigned threads, unsigned flags);

static gomp_parallel openmp(void) {
    static _Atomic(gomp_parallel) found;
    gomp_parallel entry = atomic_load(&found);
    if (!entry) {
        entry = (gomp_parallel)dlsym(RTLD_DEFAULT, "GOMP_parallel");
        atomic_store(&found, entry);
    }
    return entry;
}

int fc_has_openmp(void) { return openmp() != NULL; }

int fc_run_openmp(fc_job *job, int threads) {
    gomp_parallel run = openmp();
    if (!run) return 0;
    run(fc_work, job, (unsigned)threads, 0);
    return 1;
}
