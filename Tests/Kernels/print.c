// Prints what every kernel computes on the same numbers, a line a result: `.ci/kernels` compares the lines of builds for
// different processors. The Swift tests compare those of one with a naive reference.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"

// Neither is a multiple of a vector's length; N is one of PERIOD.
enum { PERIOD = 17, N = 59 * PERIOD };

static const char *const type_names[] = {"float32", "bfloat16", "float64"};

static double number(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) * 0x1p-23 - 1;
}

// N numbers from `low` to `high`, the same in every type.
static void *numbers(fc_type t, uint32_t seed, double low, double high) {
    float *exact = malloc(N * 8);
    void *result = malloc(N * 8);
    for (long i = 0; i < N; i++) exact[i] = (float)(low + (high - low) * (number(&seed) + 1) / 2);
    fc_cast(FC_F32, exact, FC_BF16, result, N);
    fc_cast(FC_BF16, result, FC_F32, exact, N);
    fc_cast(FC_F32, exact, t, result, N);
    free(exact);
    return result;
}

static void print(const char *kernel, int variant, fc_type t, const void *x, long n) {
    double *values = malloc((size_t)n * 8);
    fc_cast(t, x, FC_F64, values, n);
    printf("%s/%d %s", kernel, variant, type_names[t]);
    for (long i = 0; i < n; i++) printf(" %.17g", values[i]);
    printf("\n");
    free(values);
}

static void elementwise(fc_type t) {
    void *x = numbers(t, 1, 0.01, 4), *a = numbers(t, 2, -4, 4), *b = numbers(t, 3, 0.5, 4), *y = numbers(t, 4, 0, 1);
    void *z = numbers(t, 5, -1, 1);
    for (fc_function f = FC_EXP; f <= FC_FLOOR; f++) {
        int positive = f == FC_LOG || f == FC_RECIPROCAL || f == FC_INVERSE_SQRT || f == FC_SQUARE_ROOT;
        fc_map(t, f, positive ? x : a, y, N);
        print("map", f, t, y, N);
        fc_map_gradient(t, f, positive ? x : a, y, b, z, N);
        print("map_gradient", f, t, z, N);
    }
    for (fc_operation op = FC_ADD; op <= FC_DIVIDE; op++) {
        fc_combine(t, op, a, b, y, N);
        print("combine", op, t, y, N);
        fc_combine_channels(t, op, a, b, y, N, PERIOD);
        print("combine_channels", op, t, y, N);
        fc_combine_scalar(t, op, a, 1.25, y, N);
        print("combine_scalar", op, t, y, N);
    }
    float *scale = numbers(FC_F32, 6, 0.5, 2), *shift = numbers(FC_F32, 7, -1, 1);
    fc_affine(t, a, y, N, 1.5, -0.25);
    print("affine", 0, t, y, N);
    fc_affine_channels(t, a, scale, shift, y, N, PERIOD);
    print("affine_channels", 0, t, y, N);
    fc_accumulate(t, b, y, N, 0.5);
    print("accumulate", 0, t, y, N);
    free(x), free(a), free(b), free(y), free(z), free(scale), free(shift);
}

static void reductions(fc_type t) {
    void *x = numbers(t, 1, -1, 1), *y = numbers(t, 2, -1, 1), *z = numbers(t, 3, -1, 1);
    float *a = numbers(FC_F32, 4, -1, 1), *b = numbers(FC_F32, 5, -1, 1), *c = numbers(FC_F32, 6, -1, 1);
    double sums[4 * PERIOD] = {0};
    sums[0] = fc_sum(t, x, N);
    print("sum", 0, FC_F64, sums, 1);
    memset(sums, 0, sizeof sums);
    fc_sum_channels(t, x, sums, N, PERIOD);
    fc_dot_channels(t, x, y, sums + PERIOD, N, PERIOD);
    fc_batch_norm_sums(t, x, y, a, b, sums + 2 * PERIOD, sums + 3 * PERIOD, N, PERIOD);
    print("channels", 0, FC_F64, sums, 4 * PERIOD);
    double shift[PERIOD] = {0.5};
    memset(sums, 0, sizeof sums);
    fc_moments_channels(t, x, shift, sums, sums + PERIOD, N, PERIOD);
    fc_activation_gradient(t, x, y, 0.2f, z, sums + 2 * PERIOD, N, PERIOD);
    print("moments", 0, FC_F64, sums, 3 * PERIOD);
    print("activation_gradient", 0, t, z, N);
    fc_batch_norm_gradient(t, x, y, a, b, c, z, N, PERIOD);
    print("batch_norm_gradient", 0, t, z, N);
    float density = (float)fc_gaussian(t, x, y, z, N);  // its terms are float32, but for float64
    print("gaussian", t, FC_F32, &density, 1);
    void *dx = numbers(t, 7, 0, 1), *dmean = numbers(t, 7, 0, 1), *dlog = numbers(t, 7, 0, 1);
    fc_gaussian_gradient(t, 0.75, x, y, z, dx, dmean, dlog, N);
    print("gaussian_gradient", 0, t, dx, N);
    print("gaussian_gradient", 1, t, dmean, N);
    print("gaussian_gradient", 2, t, dlog, N);
    free(x), free(y), free(z), free(a), free(b), free(c), free(dx), free(dmean), free(dlog);
}

// Splines of 4 bins, both ways.
static void splines(fc_type t) {
    enum { BINS = 4, COUNT = N / (3 * BINS - 1) };
    void *x = numbers(t, 1, -4, 4), *raw = numbers(t, 2, -1, 1), *dy = numbers(t, 3, -1, 1), *y = numbers(t, 4, 0, 1);
    void *dx = numbers(t, 5, 0, 1), *draw = numbers(t, 5, 0, 1);
    for (int inverse = 0; inverse < 2; inverse++) {
        float log_slope = (float)fc_spline(t, x, raw, y, COUNT, BINS, 3, inverse);
        print("spline", inverse, t, y, COUNT);
        print("spline_slope", inverse, FC_F32, &log_slope, 1);
        fc_spline_gradient(t, dy, 0.75, x, raw, dx, draw, COUNT, BINS, 3, inverse);
        print("spline_gradient", inverse, t, dx, COUNT);
        print("spline_gradient", 2 + inverse, t, draw, COUNT * (3 * BINS - 1));
    }
    free(x), free(raw), free(dy), free(y), free(dx), free(draw);
}

// A convolution of 16 to 32 channels on 7 x 10 pixels: 2 rows of 3 blocks.
static void winograd(void) {
    enum { C = 16, O = 32, BLOCKS = 6, POINTS = 36 };
    fc_window w = {7, 10, C, O, 3, 3, 1, 1, 7, 10};
    float *x = malloc(7 * 10 * C * 4), *y = malloc(7 * 10 * O * 4), *bias = numbers(FC_F32, 2, -1, 1);
    float *g = malloc(9 * C * O * 4), *u = malloc(POINTS * C * O * 4);
    float *v = malloc(POINTS * BLOCKS * C * 4), *m = calloc(POINTS * BLOCKS * O, 4);
    uint32_t state = 1;
    for (long i = 0; i < 7 * 10 * C; i++) x[i] = (float)number(&state);
    for (long i = 0; i < 9 * C * O; i++) g[i] = (float)number(&state);
    fc_winograd_weights(g, C * O, u, C * O);
    print("winograd_weights", 0, FC_F32, u, POINTS * C * O);
    for (long row = 0; row < 2; row++) fc_winograd_input(&w, x, row, v + row * 3 * C, BLOCKS * C);
    print("winograd_input", 0, FC_F32, v, POINTS * BLOCKS * C);
    for (long p = 0; p < POINTS; p++)
        for (long b = 0; b < BLOCKS; b++)
            for (long c = 0; c < C; c++)
                for (long o = 0; o < O; o++)
                    m[(p * BLOCKS + b) * O + o] += v[(p * BLOCKS + b) * C + c] * u[(p * C + c) * O + o];
    for (long row = 0; row < 2; row++)
        fc_winograd_output(&w, m + row * 3 * O, BLOCKS * O, row, bias, 0.2f, y);
    print("winograd_output", 0, FC_F32, y, 7 * 10 * O);
    free(x), free(y), free(bias), free(g), free(u), free(v), free(m);
}

// 7 x 8 pixels of PERIOD channels, 3 x 3 windows.
static void windows(fc_type t) {
    fc_window w = {7, 8, PERIOD, 1, 3, 3, 1, 1, 7, 8};
    long count = 7 * 8 * PERIOD;
    void *x = numbers(t, 1, -1, 1), *y = numbers(t, 2, -1, 1), *columns = malloc((size_t)count * 9 * 8);
    float *plain = malloc((size_t)count * 9 * 4), *bias = numbers(FC_F32, 3, -1, 1);
    int32_t winners[7 * 8 * PERIOD];
    fc_im2col(t, &w, x, columns);
    print("im2col", 0, t, columns, count * 9);
    fc_cast(t, columns, FC_F32, plain, count * 9);
    fc_col2im(t, &w, plain, bias, 0.2f, y);
    print("col2im", 0, t, y, count);
    fc_flip_weights(t, plain, columns, 9, 2, PERIOD, 2);
    print("flip_weights", 0, t, columns, 9 * PERIOD * 2);
    fc_global_max(t, x, y, winners, 56, PERIOD);
    print("global_max", 0, t, y, PERIOD);
    fc_global_max_gradient(t, y, winners, columns, 56, PERIOD);
    print("global_max_gradient", 0, t, columns, count);
    fc_global_mean(t, x, y, 56, PERIOD);
    print("global_mean", 0, t, y, PERIOD);
    fc_global_mean_gradient(t, y, columns, 56, PERIOD);
    print("global_mean_gradient", 0, t, columns, count);
    fc_max_pool(t, x, y, winners, 6, 8, PERIOD);
    print("max_pool", 0, t, y, count / 7 * 6 / 4);
    fc_max_pool_gradient(t, y, winners, columns, 6, 8, PERIOD);
    print("max_pool_gradient", 0, t, columns, count / 7 * 6);
    free(x), free(y), free(columns), free(plain), free(bias);
}

static void rest(void) {
    float *p = numbers(FC_F32, 1, -1, 1), *g = numbers(FC_F32, 2, -1, 1), *m = numbers(FC_F32, 3, -1, 1);
    float *v = numbers(FC_F32, 4, 0.01, 1), *y = numbers(FC_F32, 5, -1, 1);
    fc_adam adam = {1e-2f, 0.9f, 0.999f, 0.1f, 0.001f, 1e-8f, 2};
    fc_adam_step(adam, p, g, m, v, N);
    fc_adamax_step(adam, p, g, m, v, N);
    print("adam", 0, FC_F32, p, N);
    fc_bias_leaky(p, g, N, PERIOD, 0.2f);
    print("bias_leaky", 0, FC_F32, p, N);
    fc_key key = {1, 2, 3, 4, 5};
    fc_uniform(key, 0, y, N, -1, 1);
    print("uniform", 0, FC_F32, y, N);
    fc_normal(key, 0, y, N);
    print("normal", 0, FC_F32, y, N);
    fc_dropout(FC_F32, key, 0, p, y, N, 1 << 14, 2);
    print("dropout", 0, FC_F32, y, N);
    free(p), free(g), free(m), free(v), free(y);
}

int main(void) {
    for (fc_type t = FC_F32; t <= FC_F64; t++) {
        elementwise(t);
        reductions(t);
        splines(t);
        windows(t);
    }
    rest();
    winograd();
    return 0;
}
