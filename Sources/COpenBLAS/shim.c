#define _GNU_SOURCE
#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 };

static struct {
    void (*sgemm)(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
    void (*dgemm)(int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *,
                  int);
    void (*dgetrf)(const int *, const int *, double *, const int *, int *, int *);
    void (*dgetri)(const int *, double *, const int *, const int *, double *, const int *, int *);
    void (*dsyevd)(const char *, const char *, const int *, double *, const int *, double *, double *, const int *, int *,
                   const int *, int *, size_t, size_t);
    void (*set_threads)(int);
    char *(*core)(void);
    char *(*config)(void);
} blas;

static const char *failure = NULL;
static char version[64] = "";

// The core whose kernels suit this processor, or NULL to leave the choice to the library.
static const char *core_type(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl"))
        return "SKYLAKEX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "HASWELL";
#endif
    return NULL;
}

static void choose_core(void) {
    const char *type = core_type();
    if (type) setenv("OPENBLAS_CORETYPE", type, 0);
    // Parallelism is the caller's; this spares the threads that the library would start on loading.
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
}

// Runs before main, while there is one thread: changing the environment later could race with getenv elsewhere. But a
// program with Swift's library inside finds its arguments by the address of the environment, which nothing may change
// before (github.com/swiftlang/swift/issues/76080). There the first call of fc_blas_load has to do.
__attribute__((constructor)) static void choose_core_early(void) {
    if (dlopen("libswiftCore.so", RTLD_LAZY | RTLD_NOLOAD)) choose_core();
}

static void *symbol(void *library, const char *name) {
    void *address = dlsym(library, name);
    if (!address) failure = "OpenBLAS lacks LAPACK or CBLAS; install libopenblas0 (apt-get install libopenblas-dev)";
    return address;
}

static void read_version(void) {
    // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..."
    const char *text = blas.config(), *start = strchr(text, ' ');
    start = start ? start + 1 : text;
    size_t length = strcspn(start, " ");
    if (length >= sizeof version) length = sizeof version - 1;
    memcpy(version, start, length);
}

static void load(void) {
    choose_core();
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        failure = "OpenBLAS (libopenblas.so.0) cannot be loaded; apt-get install libopenblas-dev";
        return;
    }
    *(void **)&blas.sgemm = symbol(library, "cblas_sgemm");
    *(void **)&blas.dgemm = symbol(library, "cblas_dgemm");
    *(void **)&blas.dgetrf = symbol(library, "dgetrf_");
    *(void **)&blas.dgetri = symbol(library, "dgetri_");
    *(void **)&blas.dsyevd = symbol(library, "dsyevd_");
    *(void **)&blas.set_threads = symbol(library, "openblas_set_num_threads");
    *(void **)&blas.core = symbol(library, "openblas_get_corename");
    *(void **)&blas.config = symbol(library, "openblas_get_config");
    if (failure) return;
    blas.set_threads(1);
    read_version();
}

int fc_blas_load(const char **message) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    *message = failure;
    return failure ? -1 : 0;
}

const char *fc_blas_core(void) { return blas.core(); }
const char *fc_blas_version(void) { return version; }

void fc_sgemm(int transpose_a, int transpose_b, int m, int n, int k, const float *a, int lda, const float *b,
              int ldb, float beta, float *c, int ldc) {
    blas.sgemm(ROW_MAJOR, transpose_a ? TRANSPOSED : PLAIN, transpose_b ? TRANSPOSED : PLAIN, m, n, k, 1.0f, a, lda,
               b, ldb, beta, c, ldc);
}

void fc_dgemm(int transpose_a, int transpose_b, int m, int n, int k, const double *a, int lda, const double *b,
              int ldb, double beta, double *c, int ldc) {
    blas.dgemm(ROW_MAJOR, transpose_a ? TRANSPOSED : PLAIN, transpose_b ? TRANSPOSED : PLAIN, m, n, k, 1.0, a, lda,
               b, ldb, beta, c, ldc);
}

int fc_symmetric_eigen(int vectors, int n, double *matrix, double *values) {
    const char *job = vectors ? "V" : "N";
    int status, query = -1, integers;
    double reals;
    blas.dsyevd(job, "U", &n, matrix, &n, values, &reals, &query, &integers, &query, &status, 1, 1);
    if (status) return status;
    int real_count = (int)reals, integer_count = integers;
    double *work = malloc((size_t)real_count * sizeof *work);
    int *places = malloc((size_t)integer_count * sizeof *places);
    if (work && places)
        blas.dsyevd(job, "U", &n, matrix, &n, values, work, &real_count, places, &integer_count, &status, 1, 1);
    else
        status = -1;
    free(work);
    free(places);
    return status;
}

int fc_invert(int n, double *matrix, int *pivots, double *work) {
    int status, size = n * n;
    blas.dgetrf(&n, &n, matrix, &n, pivots, &status);
    if (status) return status;
    blas.dgetri(&n, matrix, &n, pivots, work, &size, &status);
    return status;
}
