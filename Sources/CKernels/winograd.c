#include "simd.h"

// Winograd's minimal filtering F(4x4, 3x3) over vectors of channels: Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A for a patch d of 6x6
// pixels, a kernel g of 3x3 and a block Y of 4x4 results (Lavin & Gray, CVPR 2016, section 4.3).

enum { LANES = 16, PATCH = 6, BLOCK = 4, TAPS = 3 };

// Bᵀ along one axis of a patch, whose vectors are `step` floats apart.
FC_INLINE void transform_input(const float *restrict d, float *restrict v, long step) {
    for (int i = 0; i < LANES; i++) {
        float d0 = d[i], d1 = d[step + i], d2 = d[2 * step + i], d3 = d[3 * step + i], d4 = d[4 * step + i];
        float even = d4 - 4 * d2, odd = d3 - 4 * d1, even2 = d4 - d2, odd2 = 2 * (d3 - d1);
        v[i] = 4 * d0 - 5 * d2 + d4;
        v[step + i] = even + odd;
        v[2 * step + i] = even - odd;
        v[3 * step + i] = even2 + odd2;
        v[4 * step + i] = even2 - odd2;
        v[5 * step + i] = 4 * d1 - 5 * d3 + d[5 * step + i];
    }
}

// Aᵀ along one axis: 6 vectors to 4.
FC_INLINE void transform_output(const float *restrict m, long from, float *restrict y, long to) {
    for (int i = 0; i < LANES; i++) {
        float sum = m[from + i] + m[2 * from + i], difference = m[from + i] - m[2 * from + i];
        float sum2 = m[3 * from + i] + m[4 * from + i], difference2 = m[3 * from + i] - m[4 * from + i];
        y[i] = m[i] + sum + sum2;
        y[to + i] = difference + 2 * difference2;
        y[2 * to + i] = sum + 4 * sum2;
        y[3 * to + i] = difference + 8 * difference2 + m[5 * from + i];
    }
}

// The patch at (top, left) of `LANES` channels, zeros outside of the image.
FC_INLINE void load_patch(const fc_window *w, const float *restrict x, long top, long left,
                          float d[PATCH][PATCH][LANES]) {
    for (long i = 0; i < PATCH; i++)
        for (long j = 0; j < PATCH; j++) {
            long y = top + i, column = left + j;
            int inside = y >= 0 && y < w->height && column >= 0 && column < w->width;
            const float *pixel = x + (y * w->width + column) * w->channels;
            if (inside)
                memcpy(d[i][j], pixel, sizeof d[i][j]);
            else
                memset(d[i][j], 0, sizeof d[i][j]);
        }
}

FC_CLONES void fc_winograd_input(const fc_window *w, const float *restrict x, long row, float *restrict v,
                                 long stride) {
    float d[PATCH][PATCH][LANES], t[PATCH][PATCH][LANES];
    for (long left = 0; left < w->out_width; left += BLOCK, v += w->channels)
        for (long c = 0; c < w->channels; c += LANES) {
            load_patch(w, x + c, row * BLOCK - w->padding, left - w->padding, d);
            for (int j = 0; j < PATCH; j++) transform_input(d[0][j], t[0][j], PATCH * LANES);
            for (int i = 0; i < PATCH; i++) {
                transform_input(t[i][0], d[i][0], LANES);
                for (int j = 0; j < PATCH; j++)
                    memcpy(v + (i * PATCH + j) * stride + c, d[i][j], sizeof d[i][j]);
            }
        }
}

// The part of a block that lies in the image: leaky(block + bias).
FC_INLINE void store_block(const fc_window *w, const float block[BLOCK][BLOCK][LANES], const float *restrict bias,
                           float slope, long top, long left, float *restrict y) {
    for (long i = 0; i < BLOCK && top + i < w->out_height; i++)
        for (long j = 0; j < BLOCK && left + j < w->out_width; j++) {
            float *pixel = y + ((top + i) * w->out_width + left + j) * w->outputs;
            for (int c = 0; c < LANES; c++) {
                float z = block[i][j][c] + bias[c];
                pixel[c] = z > 0.0f ? z : z * slope;
            }
        }
}

FC_CLONES void fc_winograd_output(const fc_window *w, const float *restrict m, long stride, long row,
                                  const float *restrict bias, float slope, float *restrict y) {
    static const float zeros[LANES];
    float t[BLOCK][PATCH][LANES], block[BLOCK][BLOCK][LANES];
    for (long left = 0; left < w->out_width; left += BLOCK, m += w->outputs)
        for (long c = 0; c < w->outputs; c += LANES) {
            for (int j = 0; j < PATCH; j++)
                transform_output(m + j * stride + c, PATCH * stride, t[0][j], PATCH * LANES);
            for (int i = 0; i < BLOCK; i++) transform_output(t[i][0], LANES, block[i][0], LANES);
            store_block(w, block, bias ? bias + c : zeros, slope, row * BLOCK, left, y + c);
        }
}

// G along one axis: 3 vectors to 6.
FC_INLINE void transform_weights(const float *restrict g, long from, float *restrict u, long to, long lanes) {
    for (long i = 0; i < lanes; i++) {
        float g0 = g[i], g1 = g[from + i], g2 = g[2 * from + i];
        float even = g0 + g2, even2 = g0 / 24 + g2 / 6;
        u[i] = g0 / 4;
        u[to + i] = -(even + g1) / 6;
        u[2 * to + i] = -(even - g1) / 6;
        u[3 * to + i] = even2 + g1 / 12;
        u[4 * to + i] = even2 - g1 / 12;
        u[5 * to + i] = g2;
    }
}

FC_CLONES void fc_winograd_weights(const float *restrict g, long stride, float *restrict u, long count) {
    float t[PATCH][TAPS][LANES];
    for (long first = 0; first < count; first += LANES) {
        long lanes = count - first < LANES ? count - first : LANES;
        for (int j = 0; j < TAPS; j++)
            transform_weights(g + j * stride + first, TAPS * stride, t[0][j], TAPS * LANES, lanes);
        for (int i = 0; i < PATCH; i++)
            transform_weights(t[i][0], LANES, u + i * PATCH * stride + first, stride, lanes);
    }
}
