// OpenBLAS, loaded at run time: the library chooses its kernels while it is being loaded, from a list of
// processors that ends where the library's release does. Debian 12's 0.3.21 takes newer ones for far older
// (kernels without AVX on recent Intel servers), so OPENBLAS_CORETYPE has to be right before that.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// Loads the library on the first call. Returns 0, or -1 with `message` saying why.
// The library then runs on the calling thread only. Thread-safe.
int fc_blas_load(const char **message);

// The kernels in use, such as "SkylakeX", and the library's version; after fc_blas_load.
const char *fc_blas_core(void);
const char *fc_blas_version(void);

// Row-major c[m, n] = op(a) op(b) + beta c; leading dimensions as in CBLAS.
void fc_sgemm(int transpose_a, int transpose_b, int m, int n, int k, const float *a, int lda, const float *b,
              int ldb, float beta, float *c, int ldc);
void fc_dgemm(int transpose_a, int transpose_b, int m, int n, int k, const double *a, int lda, const double *b,
              int ldb, double beta, double *c, int ldc);

// Inverts the n x n matrix in place by LU factorisation with pivoting; `pivots` has n places, `work` n * n.
// Returns 0, or the 1-based index of a zero pivot.
int fc_invert(int n, double *matrix, int *pivots, double *work);

// The eigenvalues of the symmetric n x n matrix, rising, and with `vectors` its eigenvectors of norm 1, a row each, in place
// of the matrix, which is overwritten in any case. Returns 0 unless the method does not converge or memory is lacking.
int fc_symmetric_eigen(int vectors, int n, double *matrix, double *values);

#ifdef __cplusplus
}
#endif
