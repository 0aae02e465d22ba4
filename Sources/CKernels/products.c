#include "simd.h"

// Products of matrices (Goto & van de Geijn, *Anatomy of High-Performance Matrix Multiplication*, 2008). b is packed once
// into panels as wide as a tile of c, word by word along the inner axis. A tile's sums stay in registers while a block of
// that axis passes: each word of a row of a meets a few vectors of a panel. a is read as it lies, or packed when transposed.
//
// Every number of c is the sum of its products in order, block after block, whatever the tiles, so results do not
// depend on how rows are shared out.

// Words of the inner axis that pass before sums go to c.
enum { BLOCK = FC_PRODUCT_BLOCK };

long fc_product_words(fc_product_kernel kernel, long k) { return kernel == FC_PRODUCT_BF16 ? (k + 1) / 2 : k; }

#if defined(__x86_64__)
#include <immintrin.h>

static long words_of(const fc_product *p) { return fc_product_words(p->kernel, p->k); }

#define TEMPLATE "products.inc"
#define NAME(f) f##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#define MULTIPLY_ADD(s, a, b) ((s) + (a) * (b))
#define WORD 1
#define LANES 8
#define ROWS 6
#define VECTORS 2
#include TEMPLATE
#undef NAME
#undef TARGET
#undef LANES
#undef ROWS
#undef VECTORS

#define NAME(f) f##_avx512
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))
#define LANES 16
#define ROWS 8
#define VECTORS 3
#include TEMPLATE
#undef NAME
#undef TARGET
#undef MULTIPLY_ADD
#undef WORD

#define NAME(f) f##_bf16
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")))
#define MULTIPLY_ADD(s, a, b) ((vector_bf16)_mm512_dpbf16_ps((__m512)(s), (__m512bh)(a), (__m512bh)(b)))
#define WORD 2
#include TEMPLATE

#define DISPATCH(call)                            \
    switch (p->kernel) {                          \
        case FC_PRODUCT_AVX2: call(avx2); break;  \
        case FC_PRODUCT_AVX512: call(avx512); break; \
        case FC_PRODUCT_BF16: call(bf16); break;  \
    }

long fc_product_packed(const fc_product *p) {
    long width = p->kernel == FC_PRODUCT_AVX2 ? 16 : 48, words = words_of(p);
    return (p->n + width - 1) / width * (words * width + (words + BLOCK - 1) / BLOCK * 16);
}

long fc_product_bands(const fc_product *p, long rows) { return p->transposes_a ? (rows + 8) * (BLOCK + 16) : 0; }

void fc_product_pack(const fc_product *p, long first, long count) {
#define CALL(name) pack_##name(p, first, count)
    DISPATCH(CALL)
#undef CALL
}

void fc_product_rows(const fc_product *p, long row, long rows, float *bands) {
#define CALL(name) rows_##name(p, row, rows, bands)
    DISPATCH(CALL)
#undef CALL
}

#else

long fc_product_packed(const fc_product *p) { return 0; }
long fc_product_bands(const fc_product *p, long rows) { return 0; }
void fc_product_pack(const fc_product *p, long first, long count) {}
void fc_product_rows(const fc_product *p, long row, long rows, float *bands) {}

#endif
