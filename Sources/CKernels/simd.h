// Shared by the kernels: function clones per instruction set, bfloat16, and vectorisable elementary functions.
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CKernels.h"

// One machine-code version per x86-64 level, chosen when the program starts. Helpers must be inlined to profit.
// `.ci/kernels` defines FC_CLONES as nothing, to compile one version alone.
#if !defined(FC_CLONES) && defined(__x86_64__) && defined(__has_attribute)
#if __has_attribute(target_clones)
#define FC_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
#endif
#ifndef FC_CLONES
#define FC_CLONES
#endif

#define FC_INLINE static inline __attribute__((always_inline))

// sqrt may set errno, which keeps loops scalar; the element-wise builtins do not.
#define FC_SQRT(x) __builtin_elementwise_sqrt(x)
#define FC_ROUND_DOWN(x) __builtin_elementwise_floor(x)

FC_INLINE uint32_t fc_bits(float x) {
    uint32_t b;
    memcpy(&b, &x, 4);
    return b;
}

FC_INLINE float fc_float(uint32_t b) {
    float x;
    memcpy(&x, &b, 4);
    return x;
}

FC_INLINE float fc_from_bf16(uint16_t x) { return fc_float((uint32_t)x << 16); }

// Round to nearest even; a NaN stays one.
FC_INLINE uint16_t fc_to_bf16(float x) {
    uint32_t b = fc_bits(x);
    uint32_t rounded = (b + 0x7fff + ((b >> 16) & 1)) >> 16;
    return (uint16_t)(x != x ? ((b >> 16) | 0x40) : rounded);
}

// The float32 functions below have a relative error of about 1e-7 (1 to 2 units in the last place); results
// under the smallest normal number are 0. None may be compiled with reassociation: the rounding by adding
// 1.5 * 2^23 would be optimised away.

// Cephes' expf: 2^n * p(r), |r| <= ln(2)/2.
FC_INLINE float fc_expf(float x) {
    float c = x < -87.33f ? -87.33f : x;
    c = c > 89.0f ? 89.0f : c;
    float shifted = c * 1.44269504f + 12582912.0f;
    int32_t n = (int32_t)fc_bits(shifted) - 0x4b400000;
    float k = shifted - 12582912.0f;
    float r = c - k * 0.693359375f;
    r = r + k * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    int32_t half = n >> 1;
    float y = p * fc_float((uint32_t)(half + 127) << 23) * fc_float((uint32_t)(n - half + 127) << 23);
    return x < -87.33f ? 0.0f : y;
}

// Cephes' logf with the reduction to [1/sqrt 2, sqrt 2).
FC_INLINE float fc_logf(float x) {
    uint32_t b = fc_bits(x) + (0x3f800000u - 0x3f3504f3u);
    float k = (float)((int32_t)(b >> 23) - 127);
    float f = fc_float((b & 0x7fffffu) + 0x3f3504f3u) - 1.0f;
    float z = f * f;
    float p = 7.0376836292e-2f;
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    float y = p * f * z - k * 2.12194440e-4f - 0.5f * z;
    y = f + y + k * 0.693359375f;
    y = x < 1.17549435e-38f ? -INFINITY : y;
    y = x < 0.0f ? NAN : y;
    return x == INFINITY || x != x ? x : y;
}

// log(1 + t) for t in [0, 1]: the rounding error of 1 + t is put back.
FC_INLINE float fc_log1pf(float t) {
    float u = 1.0f + t;
    return fc_logf(u) + (t - (u - 1.0f)) / u;
}

FC_INLINE float fc_softplusf(float x) {
    float a = x < 0.0f ? x : -x;
    return (x > 0.0f ? x : x - a) + fc_log1pf(fc_expf(a));
}

FC_INLINE float fc_sigmoidf(float x) { return 1.0f / (1.0f + fc_expf(-x)); }

// Cephes' tanhf.
FC_INLINE float fc_tanhf(float x) {
    float z = x * x;
    float p = -5.70498872745e-3f;
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    float small = p * z * x + x;
    float a = x < 0.0f ? -x : x;
    float large = 1.0f - 2.0f / (fc_expf(2.0f * a) + 1.0f);
    large = x < 0.0f ? -large : large;
    return a < 0.625f ? small : large;
}

FC_INLINE double fc_softplus(double x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }
FC_INLINE double fc_sigmoid(double x) { return 1 / (1 + exp(-x)); }
