#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

/* A progressive file may repeat scans without end; real encoders write about ten. */
#define MAX_SCANS 100
/* The pixels of all scans together: 16 passes over the largest picture. */
#define MAX_SCANNED_PIXELS (1L << 30)
/* A block of 64 values takes at least one bit, and with halved colour a block covers up to 256 pixels. A file that claims more
 * pixels a byte is refused. */
#define MAX_PIXELS_PER_BYTE 1024
/* libjpeg's own buffers: a progressive image holds all its coefficients, two bytes each. */
#define MAX_MEMORY (1L << 30)

typedef struct {
    struct jpeg_error_mgr base; /* first, so that cinfo->err points to this structure too */
    jmp_buf escape;
    char *message;
} failure;

static void fail(j_common_ptr cinfo) {
    failure *self = (failure *)cinfo->err;
    char text[JMSG_LENGTH_MAX];
    self->base.format_message(cinfo, text);
    snprintf(self->message, CJPEG_MESSAGE_SIZE, "%s", text);
    longjmp(self->escape, 1);
}

/* Level -1 is a warning. Those about missing or corrupt pixels end the decoding; what changes no pixel, such as an
 * unknown JFIF version or stray bytes between segments, does not. */
static int is_damage(int code) {
    switch (code) {
    case JWRN_ARITH_BAD_CODE:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC: return 1;
    default: return 0;
    }
}

static void emit(j_common_ptr cinfo, int level) {
    if (level < 0 && is_damage(cinfo->err->msg_code)) fail(cinfo);
}

static void ignore(j_common_ptr cinfo) { (void)cinfo; }

static struct jpeg_error_mgr *catch_errors(failure *self, char *message) {
    jpeg_std_error(&self->base);
    self->base.error_exit = fail;
    self->base.emit_message = emit;
    self->base.output_message = ignore;
    self->message = message;
    message[0] = 0;
    return &self->base;
}

static void watch_scans(j_common_ptr cinfo) {
    j_decompress_ptr d = (j_decompress_ptr)cinfo;
    long most = MAX_SCANNED_PIXELS / ((long)d->image_width * d->image_height);
    if (most > MAX_SCANS) most = MAX_SCANS;
    if (d->input_scan_number > most) {
        failure *self = (failure *)cinfo->err;
        snprintf(self->message, CJPEG_MESSAGE_SIZE, "more than %ld scans", most);
        longjmp(self->escape, 1);
    }
}

/* Adobe's files store inverted CMYK, which makes the product of two inks' absences a multiplication. */
static void cmyk_to_rgb(const uint8_t *in, uint8_t *out, size_t width, int inverted) {
    for (size_t x = 0; x < width; x++) {
        unsigned k = inverted ? in[4 * x + 3] : 255u - in[4 * x + 3];
        for (int c = 0; c < 3; c++) {
            unsigned ink = inverted ? in[4 * x + c] : 255u - in[4 * x + c];
            out[3 * x + c] = (uint8_t)((ink * k + 127) / 255);
        }
    }
}

typedef struct {
    struct jpeg_decompress_struct cinfo;
    failure failure;
    struct jpeg_progress_mgr progress;
    uint8_t *pixels, *row;
} decoder;

static void read_pixels(decoder *d, cjpeg_image *image) {
    j_decompress_ptr cinfo = &d->cinfo;
    size_t width = cinfo->output_width;
    size_t stride = width * image->channels;
    while (cinfo->output_scanline < cinfo->output_height) {
        uint8_t *line = d->pixels + stride * cinfo->output_scanline;
        JSAMPROW target = d->row ? d->row : line;
        jpeg_read_scanlines(cinfo, &target, 1);
        if (d->row) cmyk_to_rgb(d->row, line, width, cinfo->saw_Adobe_marker);
    }
}

static int decode(decoder *d, size_t count, size_t max_pixels, cjpeg_image *image, char *message) {
    j_decompress_ptr cinfo = &d->cinfo;
    jpeg_read_header(cinfo, TRUE);
    size_t pixels = (size_t)cinfo->image_width * cinfo->image_height;
    if (pixels > max_pixels) {
        snprintf(message, CJPEG_MESSAGE_SIZE, "%u x %u pixels are more than the limit of %zu",
                 cinfo->image_width, cinfo->image_height, max_pixels);
        return -1;
    }
    if (pixels / MAX_PIXELS_PER_BYTE > count) {
        snprintf(message, CJPEG_MESSAGE_SIZE, "%u x %u pixels are more than %zu bytes can hold",
                 cinfo->image_width, cinfo->image_height, count);
        return -1;
    }
    int grey = cinfo->jpeg_color_space == JCS_GRAYSCALE;
    int cmyk = cinfo->jpeg_color_space == JCS_CMYK || cinfo->jpeg_color_space == JCS_YCCK;
    cinfo->out_color_space = grey ? JCS_GRAYSCALE : cmyk ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(cinfo);
    image->channels = grey ? 1 : 3;
    image->width = cinfo->output_width;
    image->height = cinfo->output_height;
    d->pixels = malloc(image->width * image->height * image->channels);
    d->row = cmyk ? malloc(image->width * 4) : NULL;
    if (!d->pixels || (cmyk && !d->row)) {
        snprintf(message, CJPEG_MESSAGE_SIZE, "not enough memory");
        return -1;
    }
    read_pixels(d, image);
    jpeg_finish_decompress(cinfo);
    image->pixels = d->pixels;
    d->pixels = NULL;
    return 0;
}

int cjpeg_decode(const uint8_t *bytes, size_t count, size_t max_pixels, cjpeg_image *image, char *message) {
    /* The decoder is on the heap, because longjmp loses what setjmp's frame keeps in registers. */
    decoder *const d = calloc(1, sizeof(decoder));
    if (!d) {
        snprintf(message, CJPEG_MESSAGE_SIZE, "not enough memory");
        return -1;
    }
    volatile int status = -1;
    d->cinfo.err = catch_errors(&d->failure, message);
    if (!setjmp(d->failure.escape)) {
        jpeg_create_decompress(&d->cinfo);
        d->cinfo.mem->max_memory_to_use = MAX_MEMORY;
        d->progress.progress_monitor = watch_scans;
        d->cinfo.progress = &d->progress;
        jpeg_mem_src(&d->cinfo, bytes, count);
        status = decode(d, count, max_pixels, image, message);
    }
    jpeg_destroy_decompress(&d->cinfo);
    free(d->pixels);
    free(d->row);
    free(d);
    return status;
}

typedef struct {
    struct jpeg_compress_struct cinfo;
    failure failure;
    unsigned char *bytes;
    unsigned long count;
} encoder;

static void encode(encoder *e, const uint8_t *pixels, int quality) {
    j_compress_ptr cinfo = &e->cinfo;
    jpeg_set_defaults(cinfo);
    jpeg_set_quality(cinfo, quality, TRUE);
    cinfo->optimize_coding = TRUE;
    /* Chroma at full resolution: sample grids are of small images. */
    cinfo->comp_info[0].h_samp_factor = 1;
    cinfo->comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(cinfo, TRUE);
    size_t stride = (size_t)cinfo->image_width * cinfo->input_components;
    while (cinfo->next_scanline < cinfo->image_height) {
        JSAMPROW line = (JSAMPROW)pixels + stride * cinfo->next_scanline;
        jpeg_write_scanlines(cinfo, &line, 1);
    }
    jpeg_finish_compress(cinfo);
}

int cjpeg_encode(const uint8_t *pixels, size_t width, size_t height, int channels, int quality,
                 uint8_t **bytes, size_t *count, char *message) {
    if (width > JPEG_MAX_DIMENSION || height > JPEG_MAX_DIMENSION) {
        snprintf(message, CJPEG_MESSAGE_SIZE, "larger than JPEG allows");
        return -1;
    }
    /* A first buffer of our own: libjpeg frees and replaces only those it made itself. */
    size_t room = width * height * channels + 65536;
    encoder *const e = calloc(1, sizeof(encoder));
    uint8_t *const buffer = malloc(room);
    if (!e || !buffer) {
        snprintf(message, CJPEG_MESSAGE_SIZE, "not enough memory");
        free(e);
        free(buffer);
        return -1;
    }
    volatile int status = -1;
    e->bytes = buffer;
    e->count = room;
    e->cinfo.err = catch_errors(&e->failure, message);
    if (!setjmp(e->failure.escape)) {
        jpeg_create_compress(&e->cinfo);
        jpeg_mem_dest(&e->cinfo, &e->bytes, &e->count);
        e->cinfo.image_width = (JDIMENSION)width;
        e->cinfo.image_height = (JDIMENSION)height;
        e->cinfo.input_components = channels;
        e->cinfo.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
        encode(e, pixels, quality);
        *bytes = e->bytes;
        *count = e->count;
        status = 0;
    }
    if (status || *bytes != buffer) free(buffer);
    jpeg_destroy_compress(&e->cinfo);
    free(e);
    return status;
}

void cjpeg_free(void *memory) { free(memory); }
