#include "simd.h"

FC_CLONES void fc_copy_rows(const void *x, long x_stride, void *y, long y_stride, long bytes, long rows) {
    const char *from = x;
    char *to = y;
    // A few channels of a pixel: a call of memcpy would cost more than the copy.
    if (bytes <= 64 && bytes % 4 == 0) {
        for (long i = 0; i < rows; i++, from += x_stride, to += y_stride)
            for (long j = 0; j < bytes; j += 4) {
                uint32_t word;
                memcpy(&word, from + j, 4);
                memcpy(to + j, &word, 4);
            }
        return;
    }
    for (long i = 0; i < rows; i++, from += x_stride, to += y_stride) memcpy(to, from, (size_t)bytes);
}

#define SQUEEZE(T)                                                                                      \
    FC_CLONES void squeeze_##T(const T *restrict x, T *restrict y, long width, long channels) {         \
        for (long j = 0; j < width; j++) {                                                              \
            const T *a = x + 2 * j * channels, *b = a + 2 * width * channels;                           \
            T *to = y + 4 * j * channels;                                                               \
            for (long c = 0; c < channels; c++) {                                                       \
                to[4 * c] = a[c];                                                                       \
                to[4 * c + 1] = a[c + channels];                                                        \
                to[4 * c + 2] = b[c];                                                                   \
                to[4 * c + 3] = b[c + channels];                                                        \
            }                                                                                           \
        }                                                                                               \
    }                                                                                                   \
    FC_CLONES void unsqueeze_##T(const T *restrict x, T *restrict y, long width, long channels) {       \
        for (long j = 0; j < width; j++) {                                                              \
            T *a = y + 2 * j * channels, *b = a + 2 * width * channels;                                 \
            const T *from = x + 4 * j * channels;                                                       \
            for (long c = 0; c < channels; c++) {                                                       \
                a[c] = from[4 * c];                                                                     \
                a[c + channels] = from[4 * c + 1];                                                      \
                b[c] = from[4 * c + 2];                                                                 \
                b[c + channels] = from[4 * c + 3];                                                      \
            }                                                                                           \
        }                                                                                               \
    }

SQUEEZE(uint16_t)
SQUEEZE(uint32_t)
SQUEEZE(uint64_t)

void fc_squeeze(int element, const void *x, void *y, long width, long channels) {
    switch (element) {
        case 2: squeeze_uint16_t(x, y, width, channels); return;
        case 4: squeeze_uint32_t(x, y, width, channels); return;
        default: squeeze_uint64_t(x, y, width, channels);
    }
}

void fc_unsqueeze(int element, const void *x, void *y, long width, long channels) {
    switch (element) {
        case 2: unsqueeze_uint16_t(x, y, width, channels); return;
        case 4: unsqueeze_uint32_t(x, y, width, channels); return;
        default: unsqueeze_uint64_t(x, y, width, channels);
    }
}

// Columns kx of a kernel row whose input column `left + kx` exists: [*from, *to).
FC_INLINE void covered(const fc_window *w, long left, long *from, long *to) {
    *from = left < 0 ? (-left < w->kernel_width ? -left : w->kernel_width) : 0;
    *to = w->width - left < w->kernel_width ? w->width - left : w->kernel_width;
    if (*to < *from) *to = *from;
}

void fc_im2col(const fc_window *w, const float *x, float *columns) {
    long c = w->channels, row = w->kernel_width * c;
    for (long oy = 0; oy < w->out_height; oy++)
        for (long ox = 0; ox < w->out_width; ox++) {
            long left = ox * w->stride - w->padding, from, to;
            covered(w, left, &from, &to);
            for (long ky = 0; ky < w->kernel_height; ky++, columns += row) {
                long iy = oy * w->stride - w->padding + ky;
                if (iy < 0 || iy >= w->height || from == to) {
                    memset(columns, 0, (size_t)row * sizeof(float));
                    continue;
                }
                memset(columns, 0, (size_t)(from * c) * sizeof(float));
                memcpy(columns + from * c, x + (iy * w->width + left + from) * c, (size_t)((to - from) * c) * sizeof(float));
                memset(columns + to * c, 0, (size_t)(row - to * c) * sizeof(float));
            }
        }
}

FC_CLONES void fc_col2im(const fc_window *w, const float *columns, float *x) {
    long c = w->channels, row = w->kernel_width * c;
    memset(x, 0, (size_t)(w->height * w->width * c) * sizeof(float));
    for (long oy = 0; oy < w->out_height; oy++)
        for (long ox = 0; ox < w->out_width; ox++) {
            long left = ox * w->stride - w->padding, from, to;
            covered(w, left, &from, &to);
            for (long ky = 0; ky < w->kernel_height; ky++, columns += row) {
                long iy = oy * w->stride - w->padding + ky;
                if (iy < 0 || iy >= w->height) continue;
                float *pixel = x + (iy * w->width + left) * c;
                for (long j = from * c; j < to * c; j++) pixel[j] += columns[j];
            }
        }
}
