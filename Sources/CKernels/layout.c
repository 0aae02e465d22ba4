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
