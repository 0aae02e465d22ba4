#include "simd.h"

// Blocks computed together: the widest vector of 32-bit lanes.
enum { LANES = 16 };

typedef struct { uint32_t w[4][LANES]; } blocks;

// Philox4x32-10 of blocks first ... first + LANES - 1; Salmon et al., SC 2011.
FC_INLINE void philox(fc_key key, uint32_t first, blocks *out) {
    uint32_t c0[LANES], c1[LANES], c2[LANES], c3[LANES];
    for (int l = 0; l < LANES; l++) {
        c0[l] = first + (uint32_t)l;
        c1[l] = key.step;
        c2[l] = key.purpose;
        c3[l] = key.lane;
    }
    uint32_t k0 = key.seed_low, k1 = key.seed_high;
    for (int round = 0; round < 10; round++) {
        for (int l = 0; l < LANES; l++) {
            uint64_t p0 = (uint64_t)c0[l] * 0xD2511F53u, p1 = (uint64_t)c2[l] * 0xCD9E8D57u;
            c0[l] = (uint32_t)(p1 >> 32) ^ c1[l] ^ k0;
            c2[l] = (uint32_t)(p0 >> 32) ^ c3[l] ^ k1;
            c1[l] = (uint32_t)p1;
            c3[l] = (uint32_t)p0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    memcpy(out->w[0], c0, sizeof c0);
    memcpy(out->w[1], c1, sizeof c1);
    memcpy(out->w[2], c2, sizeof c2);
    memcpy(out->w[3], c3, sizeof c3);
}

FC_CLONES void fc_uniform(fc_key key, uint32_t first, float *y, long n, double low, double high) {
    double scale = (high - low) * 0x1p-24;
    for (long i = 0; i < n; i += 4 * LANES, first += LANES) {
        blocks b;
        float values[4 * LANES];
        philox(key, first, &b);
        for (int l = 0; l < LANES; l++)
            for (int j = 0; j < 4; j++) values[4 * l + j] = (float)(low + scale * (double)(int32_t)(b.w[j][l] >> 8));
        long m = n - i < 4 * LANES ? n - i : 4 * LANES;
        memcpy(y + i, values, (size_t)m * sizeof(float));
    }
}

// sin and cos of 2 pi u for u in [0, 1), a multiple of 2^-24: the reduction to an eighth of a turn is exact.
FC_INLINE void sincos_turns(float u, float *sine, float *cosine) {
    int32_t quadrant = (int32_t)(u * 4.0f + 0.5f);
    float r = (u - (float)quadrant * 0.25f) * 6.28318530718f;
    float z = r * r;
    float s = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
    float c = ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z - 0.5f * z + 1.0f;
    float a = quadrant & 1 ? c : s, b = quadrant & 1 ? s : c;
    *sine = quadrant & 2 ? -a : a;
    *cosine = (quadrant + 1) & 2 ? -b : b;
}

FC_CLONES void fc_normal(fc_key key, uint32_t first, float *y, long n) {
    for (long i = 0; i < n; i += 4 * LANES, first += LANES) {
        blocks b;
        float pair[4][LANES], values[4 * LANES];
        philox(key, first, &b);
        for (int p = 0; p < 4; p += 2)
            for (int l = 0; l < LANES; l++) {
                float u1 = (float)(int32_t)((b.w[p][l] >> 8) + 1) * 0x1p-24f;
                float u2 = (float)(int32_t)(b.w[p + 1][l] >> 8) * 0x1p-24f;
                float radius = FC_SQRT(-2.0f * fc_logf(u1)), s, c;
                sincos_turns(u2, &s, &c);
                pair[p][l] = radius * c;
                pair[p + 1][l] = radius * s;
            }
        for (int l = 0; l < LANES; l++)
            for (int j = 0; j < 4; j++) values[4 * l + j] = pair[j][l];
        long m = n - i < 4 * LANES ? n - i : 4 * LANES;
        memcpy(y + i, values, (size_t)m * sizeof(float));
    }
}

// Halves of the blocks in element order, low half of a word first.
FC_INLINE void halves(fc_key key, uint32_t first, uint16_t *out) {
    blocks b;
    uint32_t words[4 * LANES];
    philox(key, first, &b);
    for (int l = 0; l < LANES; l++)
        for (int j = 0; j < 4; j++) words[4 * l + j] = b.w[j][l];
    memcpy(out, words, sizeof words);
}

#define DROPOUT(name, T, GET, PUT)                                                                       \
    FC_CLONES void name(fc_key key, uint32_t first, const T *restrict x, T *restrict y, long n,          \
                        uint32_t threshold, float scale) {                                               \
        for (long i = 0; i < n; i += 8 * LANES, first += LANES) {                                        \
            uint16_t h[8 * LANES];                                                                       \
            halves(key, first, h);                                                                       \
            long m = n - i < 8 * LANES ? n - i : 8 * LANES;                                              \
            for (long j = 0; j < m; j++) y[i + j] = h[j] >= threshold ? PUT(GET(x[i + j]) * scale) : 0;  \
        }                                                                                                \
    }

DROPOUT(fc_dropout_f32, float, , )
DROPOUT(fc_dropout_bf16, uint16_t, fc_from_bf16, fc_to_bf16)

void fc_dropout(fc_type t, fc_key key, uint32_t first, const void *x, void *y, long n, uint32_t threshold,
                float scale) {
    if (t == FC_BF16) fc_dropout_bf16(key, first, x, y, n, threshold, scale);
    else fc_dropout_f32(key, first, x, y, n, threshold, scale);
}
