#pragma once
#include <stddef.h>
#include <stdint.h>

/* JPEG in and out of memory through libjpeg. No call exits, writes to stderr, or jumps out of this library:
 * each returns 0, or -1 with one line in `message`. */

#define CJPEG_MESSAGE_SIZE 256

typedef struct {
    uint8_t *pixels; /* height * width * channels, rows from the top; release with cjpeg_free */
    size_t width, height;
    int channels; /* 1 (grey) or 3 (RGB); CMYK is converted to RGB */
} cjpeg_image;

/* Decodes `count` bytes. Refuses images of more than `max_pixels` before allocating them, and damaged ones. */
int cjpeg_decode(const uint8_t *bytes, size_t count, size_t max_pixels, cjpeg_image *image,
                 char message[CJPEG_MESSAGE_SIZE]);

/* Encodes 1 or 3 channels at `quality` 1...100; release *bytes with cjpeg_free. */
int cjpeg_encode(const uint8_t *pixels, size_t width, size_t height, int channels, int quality,
                 uint8_t **bytes, size_t *count, char message[CJPEG_MESSAGE_SIZE]);

void cjpeg_free(void *memory);
