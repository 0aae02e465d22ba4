#define TEMPLATE "elementwise.inc"
#include "types.h"

void fc_map(fc_type t, fc_function f, const void *x, void *y, long n) { DISPATCH(t, fc_map, f, x, y, n) }

void fc_map_gradient(fc_type t, fc_function f, const void *x, const void *y, const void *dy, void *dx, long n) {
    DISPATCH(t, fc_map_gradient, f, x, y, dy, dx, n)
}

void fc_combine(fc_type t, fc_operation op, const void *a, const void *b, void *c, long n) {
    DISPATCH(t, fc_combine, op, a, b, c, n)
}

void fc_combine_channels(fc_type t, fc_operation op, const void *a, const void *b, void *c, long n, long period) {
    DISPATCH(t, fc_combine_channels, op, a, b, c, n, period)
}

void fc_combine_scalar(fc_type t, fc_operation op, const void *a, double b, void *c, long n) {
    DISPATCH(t, fc_combine_scalar, op, a, b, c, n)
}

void fc_affine(fc_type t, const void *x, void *y, long n, double scale, double shift) {
    DISPATCH(t, fc_affine, x, y, n, scale, shift)
}

void fc_affine_channels(fc_type t, const void *x, const float *scale, const float *shift, void *y, long n,
                        long period) {
    DISPATCH(t, fc_affine_channels, x, scale, shift, y, n, period)
}

void fc_accumulate(fc_type t, const void *x, void *y, long n, double scale) {
    DISPATCH(t, fc_accumulate, x, y, n, scale)
}

FC_INLINE float leaky(float v, float slope) { return v > 0.0f ? v : v * slope; }

FC_CLONES void fc_bias_leaky(float *x, const float *bias, long n, long period, float slope) {
    // Not one loop with a condition: a masked load from no address is slow even where nothing is loaded.
    for (long i = 0; i < n; i += period) {
        long m = n - i < period ? n - i : period;
        if (bias)
            for (long j = 0; j < m; j++) x[i + j] = leaky(x[i + j] + bias[j], slope);
        else
            // Adding 0 turns -0 into 0, as a bias of zeros does.
            for (long j = 0; j < m; j++) x[i + j] = leaky(x[i + j] + 0.0f, slope);
    }
}

// Casts: one loop per pair of types.
#define CAST(from, to, X, Y, convert)                                                       \
    FC_CLONES void fc_cast_##from##_##to(const X *restrict x, Y *restrict y, long n) {      \
        for (long i = 0; i < n; i++) y[i] = convert(x[i]);                                  \
    }
#define BF16_TO_F64(x) ((double)fc_from_bf16(x))
#define F64_TO_BF16(x) fc_to_bf16((float)(x))

CAST(f32, bf16, float, uint16_t, fc_to_bf16)
CAST(f32, f64, float, double, (double))
CAST(bf16, f32, uint16_t, float, fc_from_bf16)
CAST(bf16, f64, uint16_t, double, BF16_TO_F64)
CAST(f64, f32, double, float, (float))
CAST(f64, bf16, double, uint16_t, F64_TO_BF16)

void fc_cast(fc_type from, const void *x, fc_type to, void *y, long n) {
    switch (from * 3 + to) {
        case FC_F32 * 3 + FC_BF16: fc_cast_f32_bf16(x, y, n); return;
        case FC_F32 * 3 + FC_F64: fc_cast_f32_f64(x, y, n); return;
        case FC_BF16 * 3 + FC_F32: fc_cast_bf16_f32(x, y, n); return;
        case FC_BF16 * 3 + FC_F64: fc_cast_bf16_f64(x, y, n); return;
        case FC_F64 * 3 + FC_F32: fc_cast_f64_f32(x, y, n); return;
        case FC_F64 * 3 + FC_BF16: fc_cast_f64_bf16(x, y, n); return;
        case FC_BF16 * 3 + FC_BF16: memcpy(y, x, (size_t)n * 2); return;
        case FC_F64 * 3 + FC_F64: memcpy(y, x, (size_t)n * 8); return;
        default: memcpy(y, x, (size_t)n * 4);
    }
}
