// Compiles TEMPLATE, a file of kernels written for a type T, once per floating type. Inside it:
//   T             as stored          A             arithmetic type
//   GET(x)        T to A             PUT(v)        A to T
//   NAME(f)       f_f32, f_bf16, f_f64
//   EXP, LOG, TANH, SOFTPLUS, SIGMOID, SQRT, FLOOR of type A
#pragma once

#include "simd.h"

#define T float
#define A float
#define GET(x) (x)
#define PUT(v) (v)
#define NAME(f) f##_f32
#define EXP fc_expf
#define LOG fc_logf
#define TANH fc_tanhf
#define SOFTPLUS fc_softplusf
#define SIGMOID fc_sigmoidf
#define SQRT FC_SQRT
#define FLOOR FC_ROUND_DOWN
#include TEMPLATE
#undef T
#undef GET
#undef PUT
#undef NAME

#define T uint16_t
#define GET(x) fc_from_bf16(x)
#define PUT(v) fc_to_bf16(v)
#define NAME(f) f##_bf16
#include TEMPLATE
#undef T
#undef A
#undef GET
#undef PUT
#undef NAME
#undef EXP
#undef LOG
#undef TANH
#undef SOFTPLUS
#undef SIGMOID
#undef SQRT
#undef FLOOR

#define T double
#define A double
#define GET(x) (x)
#define PUT(v) (v)
#define NAME(f) f##_f64
#define EXP exp
#define LOG log
#define TANH tanh
#define SOFTPLUS fc_softplus
#define SIGMOID fc_sigmoid
#define SQRT FC_SQRT
#define FLOOR FC_ROUND_DOWN
#include TEMPLATE

// Calls f_f32, f_bf16 or f_f64.
#define DISPATCH(t, f, ...)                          \
    switch (t) {                                     \
        case FC_F32: return f##_f32(__VA_ARGS__);    \
        case FC_BF16: return f##_bf16(__VA_ARGS__);  \
        default: return f##_f64(__VA_ARGS__);        \
    }
