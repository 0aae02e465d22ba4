#pragma once
#include <stddef.h>
#include <stdint.h>

/* WebP through libwebp, loaded at run time: a machine without it reads everything else. */

typedef enum { CWEBP_DECODED, CWEBP_NO_LIBRARY, CWEBP_DAMAGED, CWEBP_TOO_LARGE, CWEBP_ANIMATED } cwebp_status;

typedef struct {
    uint8_t *pixels; /* height * width * 4: RGBA, not multiplied by alpha; release with cwebp_free */
    int width, height;
} cwebp_image;

/* Whether libwebp can be loaded. Thread-safe. */
int cwebp_is_available(void);

/* Decodes `count` bytes. Refuses images of more than `max_pixels` before allocating them; their sides are in `image`. */
cwebp_status cwebp_decode(const uint8_t *bytes, size_t count, size_t max_pixels, cwebp_image *image);

void cwebp_free(cwebp_image *image);
