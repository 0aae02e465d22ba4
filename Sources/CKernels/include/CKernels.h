// Compute kernels of the CPU backend: plain loops over one contiguous range, without threads or allocation.
// The caller cuts the work into ranges and runs them in parallel.
//
// `fc_type` says what a `void *` points to; arithmetic is float32 for float32 and bfloat16, float64 for
// float64. Rows are entries of the first axis, channels entries of the last. Sums are kept in float64.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { FC_F32, FC_BF16, FC_F64 } fc_type;

// MARK: Element-wise (elementwise.c)

typedef enum {
    FC_EXP, FC_LOG, FC_SQUARE, FC_SIGMOID, FC_TANH, FC_SOFTPLUS, FC_RECIPROCAL, FC_INVERSE_SQRT, FC_RELU,
    FC_SQUARE_ROOT, FC_FLOOR
} fc_function;

typedef enum { FC_ADD, FC_SUBTRACT, FC_MULTIPLY, FC_DIVIDE } fc_operation;

// Conversion rounds to nearest even.
void fc_cast(fc_type from, const void *x, fc_type to, void *y, long n);
void fc_map(fc_type t, fc_function f, const void *x, void *y, long n);
// dx = dy * f'(x), y = f(x).
void fc_map_gradient(fc_type t, fc_function f, const void *x, const void *y, const void *dy, void *dx, long n);
// c = a op b, element by element.
void fc_combine(fc_type t, fc_operation op, const void *a, const void *b, void *c, long n);
// c[i] = a[i] op b[i % period].
void fc_combine_channels(fc_type t, fc_operation op, const void *a, const void *b, void *c, long n, long period);
// c = a op b, b one number, computed in float64.
void fc_combine_scalar(fc_type t, fc_operation op, const void *a, double b, void *c, long n);
// y = scale * x + shift
void fc_affine(fc_type t, const void *x, void *y, long n, double scale, double shift);
// y[i] = scale[i % period] * x[i] + shift[i % period]; shift may be null.
void fc_affine_channels(fc_type t, const void *x, const float *scale, const float *shift, void *y, long n,
                        long period);
// y += scale * x
void fc_accumulate(fc_type t, const void *x, void *y, long n, double scale);
// x[i] = leaky(x[i] + bias[i % period]) in place; bias may be null, and slope 1 means no activation.
void fc_bias_leaky(float *x, const float *bias, long n, long period, float slope);

// MARK: Reductions (reductions.c)

double fc_sum(fc_type t, const void *x, long n);
// y[c] += sum of x[i] with i % period == c
void fc_sum_channels(fc_type t, const void *x, double *y, long n, long period);
// Sums of x - shift and its square, shift[i % period].
void fc_moments_channels(fc_type t, const void *x, const double *shift, double *sums, double *squares, long n,
                         long period);
// y[c] += sum of a * b
void fc_dot_channels(fc_type t, const void *a, const void *b, double *y, long n, long period);
// dz = dy * (y > 0 ? 1 : slope), and sums[c] += dz where sums is not null.
void fc_activation_gradient(fc_type t, const void *dy, const void *y, float slope, void *dz, double *sums,
                            long n, long period);
// sums[c] += dy, dots[c] += dy * (x - mean[c]) * inverse[c]
void fc_batch_norm_sums(fc_type t, const void *dy, const void *x, const float *mean, const float *inverse,
                        double *sums, double *dots, long n, long period);
// dx = a[c] * dy + b[c] * x + shift[c]
void fc_batch_norm_gradient(fc_type t, const void *dy, const void *x, const float *a, const float *b,
                            const float *shift, void *dx, long n, long period);
void fc_log_sum_exp(const double *x, double *y, long rows, long columns);

// MARK: Random numbers (random.c); block numbers and words as RandomKey.block

typedef struct { uint32_t seed_low, seed_high, step, purpose, lane; } fc_key;

// Elements of whole blocks of four, from block `first`; n need not be a multiple of four.
void fc_uniform(fc_key key, uint32_t first, float *y, long n, double low, double high);
void fc_normal(fc_key key, uint32_t first, float *y, long n);
// Elements of whole blocks of eight; keeps where the 16-bit half is >= threshold.
void fc_dropout(fc_type t, fc_key key, uint32_t first, const void *x, void *y, long n, uint32_t threshold,
                float scale);

// MARK: Layout (layout.c); sizes in bytes

// rows pieces of `bytes` bytes, with strides.
void fc_copy_rows(const void *x, long x_stride, void *y, long y_stride, long bytes, long rows);
// One image row pair: `width` pairs of pixels of `channels` elements, to or from one squeezed row.
void fc_squeeze(int element, const void *x, void *y, long width, long channels);
void fc_unsqueeze(int element, const void *x, void *y, long width, long channels);

// MARK: Patches (patches.c)

typedef struct {
    long height, width, channels, outputs, kernel_height, kernel_width, stride, padding, out_height, out_width;
} fc_window;

// One image [H, W, C] to columns [OH * OW, KH * KW * C].
void fc_im2col(fc_type t, const fc_window *w, const void *x, void *columns);
// The adjoint of float32 columns, then leaky(x + bias); bias [C] may be null, slope 1 is none. t is x's type.
void fc_col2im(fc_type t, const fc_window *w, const float *columns, const float *bias, float slope, void *x);
// Weights of the adjoint convolution: y[KH - 1 - i, KW - 1 - j, o, c] = x[i, j, c, o], one kernel position `tap`
// of x; t is y's type.
void fc_flip_weights(fc_type t, const float *x, void *y, long taps, long tap, long channels, long outputs);

// MARK: Products (products.c), on x86 with AVX2 at least

typedef enum {
    FC_PRODUCT_AVX2, FC_PRODUCT_AVX512,
    // bfloat16 factors; the others' are float32.
    FC_PRODUCT_BF16
} fc_product_kernel;

// c [m, n] = leaky(op(a) op(b) + bias), dense. Strides are those of the rows of a and b, in factors.
typedef struct {
    fc_product_kernel kernel;
    // Inner extent. An even number for bfloat16 unless a is transposed.
    long n, k;
    const void *a, *b;
    long a_stride, b_stride;
    int transposes_a, transposes_b;
    // Room for fc_product_packed floats.
    float *packed;
    void *c;
    // FC_F32, or FC_BF16 for at most FC_PRODUCT_BLOCK words.
    fc_type c_type;
    // c += op(a) op(b) instead, of float32.
    int adds;
    // NULL is none, and slope 1 no activation; both only for at most FC_PRODUCT_BLOCK words.
    const float *bias;
    float slope;
} fc_product;

enum { FC_PRODUCT_BLOCK = 512 };

// Words that k factors make.
long fc_product_words(fc_product_kernel kernel, long k);
long fc_product_packed(const fc_product *p);
// Packs `count` words of b from `first` on: all of them once, before any row.
void fc_product_pack(const fc_product *p, long first, long count);
// Floats that fc_product_rows needs for itself.
long fc_product_bands(const fc_product *p, long rows);
void fc_product_rows(const fc_product *p, long row, long rows, float *bands);

// MARK: Winograd's filtering F(4x4, 3x3) of float32 (winograd.c)

// Patches of the blocks in row `row` of one image [H, W, C], transformed: v[36][blocks][C], the 36 matrices `stride`
// floats apart. C and O below are multiples of 16.
void fc_winograd_input(const fc_window *w, const float *x, long row, float *v, long stride);
// Row `row` of blocks of one image y [OH, OW, O] from their 36 products m: leaky(block + bias); bias [O] may be null.
void fc_winograd_output(const fc_window *w, const float *m, long stride, long row, const float *bias, float slope,
                        float *y);
// `count` of the C*O = stride kernels: g[3][3][stride] to u[36][stride].
void fc_winograd_weights(const float *g, long stride, float *u, long count);

// MARK: Pools (pools.c); one image

void fc_global_max(fc_type t, const void *x, void *y, int32_t *winners, long pixels, long channels);
void fc_global_max_gradient(fc_type t, const void *dy, const int32_t *winners, void *dx, long pixels,
                            long channels);
void fc_global_mean(fc_type t, const void *x, void *y, long pixels, long channels);
void fc_global_mean_gradient(fc_type t, const void *dy, void *dx, long pixels, long channels);
void fc_max_pool(fc_type t, const void *x, void *y, int32_t *winners, long height, long width, long channels);
void fc_max_pool_gradient(fc_type t, const void *dy, const int32_t *winners, void *dx, long height, long width,
                          long channels);

// MARK: Densities (density.c)

// Sum over n of log N(z; mean, exp(2 * log_deviation)).
double fc_gaussian(fc_type t, const void *z, const void *mean, const void *log_deviation, long n);
// Gradients of dy times that sum.
void fc_gaussian_gradient(fc_type t, double dy, const void *z, const void *mean, const void *log_deviation,
                          void *dz, void *dmean, void *dlog, long n);

// MARK: Splines (spline.c)

// y[i] = f(x[i]), or its inverse: a monotone rational-quadratic spline on (-bound, bound) and the identity outside, of which
// raw[i * (3 * bins - 1)] on holds raw widths and heights, bins each, and raw slopes at the bins - 1 inner knots. Returns
// the sum of log f'. At most 64 bins.
double fc_spline(fc_type t, const void *x, const void *raw, void *y, long n, long bins, double bound, int inverse);
// Gradients, given dy for the outcome and dlog for that sum. x is the argument of f: of the inverse, its outcome.
void fc_spline_gradient(fc_type t, const void *dy, double dlog, const void *x, const void *raw, void *dx, void *draw,
                        long n, long bins, double bound, int inverse);

// MARK: Optimisers (optimizers.c)

double fc_power(double base, long exponent);

// gain = 1 - beta, rounded once: 1 - (float)0.999 is off by 5e-5 of itself.
typedef struct { float rate, beta1, beta2, gain1, gain2, epsilon, second_scale; } fc_adam;

// p -= rate * m / (sqrt(v * second_scale) + epsilon)
void fc_adam_step(fc_adam a, float *p, const float *g, float *m, float *v, long n);
// p -= rate * m / (u + epsilon), u = max(beta2 * u, |g|)
void fc_adamax_step(fc_adam a, float *p, const float *g, float *m, float *u, long n);

// MARK: Memory (memory.c); sizes are whole pages

// A range of addresses without memory behind it, or NULL.
void *fc_reserve(long size);
// Lets a part of a reserved range be written to: memory comes with the first write to a page. 0 on success.
int fc_make_usable(void *base, long size);
void fc_give_back(void *base, long size);

// MARK: The machine (machine.c, parallel.c)

enum {
    FC_AVX2 = 1, FC_AVX512 = 2, FC_AVX512_BF16 = 4, FC_AMX_BF16 = 8
};
// Instruction sets that both the processor and the operating system support.
int fc_instruction_sets(void);
// Processors that this process may run on.
int fc_available_processors(void);
// Bytes that the system can still give, swap included, to all processes together; -1 where it does not say.
long fc_available_memory(void);
// Writes the processor's name, "" where unknown.
void fc_processor_name(char *name, long capacity);
// Columns that a Unicode character takes on a terminal: 0, 1 or 2; -1 for one that is not printed.
int fc_columns(uint32_t character);
// The commit that FC_COMMIT named when a release was built; "" in other builds.
const char *fc_source_commit(void);

// Flushes denormals to zero on this thread; gives what fc_restore_denormals takes.
uint32_t fc_flush_denormals(void);
void fc_restore_denormals(uint32_t state);

typedef void (*fc_task)(void *context, long index);
typedef struct { fc_task task; void *context; long count; long next; } fc_job;
// Takes indices of the job until none is left; any number of threads may be inside.
void fc_work(void *job);
// Runs the job on `threads` threads of the OpenMP runtime already in the process (GCC's, which oneDNN brings), so
// that both share one pool. Returns 0, without having run anything, where there is none.
int fc_run_openmp(fc_job *job, int threads);
// Whether such a runtime is in the process.
int fc_has_openmp(void);

#ifdef __cplusplus
}
#endif
