#include "CWebP.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static struct {
    int (*info)(const uint8_t *, size_t, int *, int *);
    uint8_t *(*decode)(const uint8_t *, size_t, int *, int *);
    void (*free)(void *);
} webp;

static void load(void) {
    void *library = dlopen("libwebp.so.7", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    *(void **)&webp.info = dlsym(library, "WebPGetInfo");
    *(void **)&webp.decode = dlsym(library, "WebPDecodeRGBA");
    *(void **)&webp.free = dlsym(library, "WebPFree");
}

int cwebp_is_available(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return webp.info && webp.decode && webp.free;
}

/* The chunk VP8X, always the first, has a flag for animation; libwebp's plain calls decode still pictures only. */
static int is_animated(const uint8_t *bytes, size_t count) {
    return count > 20 && !memcmp(bytes + 12, "VP8X", 4) && bytes[20] & 2;
}

cwebp_status cwebp_decode(const uint8_t *bytes, size_t count, size_t max_pixels, cwebp_image *image) {
    if (!cwebp_is_available()) return CWEBP_NO_LIBRARY;
    if (!webp.info(bytes, count, &image->width, &image->height)) return CWEBP_DAMAGED;
    if ((size_t)image->width * (size_t)image->height > max_pixels) return CWEBP_TOO_LARGE;
    if (is_animated(bytes, count)) return CWEBP_ANIMATED;
    image->pixels = webp.decode(bytes, count, &image->width, &image->height);
    return image->pixels ? CWEBP_DECODED : CWEBP_DAMAGED;
}

void cwebp_free(cwebp_image *image) { webp.free(image->pixels); }
