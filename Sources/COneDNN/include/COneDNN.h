// Convolutions and matrix products by oneDNN, release 2 or 3, behind plain C. The library is loaded at run time. Where it is
// missing, or was when this was compiled, fc_dnn_create reports that and everything else is unreachable.
//
// A context holds the primitives, made once per shape and type, and the memory they reuse. Calls on one
// context are serialised by a mutex inside. No exception leaves: functions return 0, or -1 with the reason in
// fc_dnn_error.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fc_dnn fc_dnn;
typedef enum { FC_DNN_F32, FC_DNN_BF16 } fc_dnn_type;

// Images n x h x w x c, kernels kh x kw x c x o, results n x oh x ow x o, all dense with the last index fastest.
typedef struct { long n, h, w, c, o, kh, kw, stride, padding, oh, ow; } fc_dnn_shape;

// NULL where the library is there, of the release that this was compiled for; else why it is not, and what to do.
const char *fc_dnn_absence(void);
// The library's release, such as "2.6.3"; "" without it.
const char *fc_dnn_version(void);
// The widest instruction set the library uses: the processor's, or less where ONEDNN_MAX_CPU_ISA says so.
const char *fc_dnn_instruction_set(void);
// Whether that multiplies bfloat16; elsewhere the library refuses bfloat16 convolutions.
int fc_dnn_has_bf16(void);

// NULL with `message` set when the library is missing or fails. `threads` is the size of its OpenMP teams.
fc_dnn *fc_dnn_create(int threads, const char **message);
void fc_dnn_destroy(fc_dnn *context);
const char *fc_dnn_error(const fc_dnn *context);

// y = leaky(x * weights + bias), weights and bias float32; bias may be NULL; slope is used if `activate`.
// Arithmetic is of x's type. A float32 x takes a float32 y.
int fc_dnn_convolution(fc_dnn *context, const fc_dnn_shape *shape, fc_dnn_type x_type, const void *x,
                       const float *weights, const float *bias, int activate, float slope, fc_dnn_type y_type,
                       void *y);
int fc_dnn_convolution_input_gradient(fc_dnn *context, const fc_dnn_shape *shape, fc_dnn_type type,
                                      const void *dy, const float *weights, void *dx);
int fc_dnn_convolution_weight_gradient(fc_dnn *context, const fc_dnn_shape *shape, fc_dnn_type type,
                                       const void *x, const void *dy, float *dw);

// `batch` products c[m, n] = leaky(op(a) op(b) + bias), a and b of one type; bias float32 [n] or NULL, as of several
// products it must be.
int fc_dnn_product(fc_dnn *context, long batch, fc_dnn_type type, int transpose_a, int transpose_b, long m, long n,
                   long k, const void *a, const void *b, const float *bias, int activate, float slope,
                   fc_dnn_type c_type, void *c);

#ifdef __cplusplus
}
#endif
