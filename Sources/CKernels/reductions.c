#define TEMPLATE "reductions.inc"
#include "types.h"

double fc_sum(fc_type t, const void *x, long n) { DISPATCH(t, fc_sum, x, n) }

void fc_sum_channels(fc_type t, const void *x, double *y, long n, long period) {
    DISPATCH(t, fc_sum_channels, x, y, n, period)
}

void fc_moments_channels(fc_type t, const void *x, const double *shift, double *sums, double *squares, long n,
                         long period) {
    DISPATCH(t, fc_moments_channels, x, shift, sums, squares, n, period)
}

void fc_dot_channels(fc_type t, const void *a, const void *b, double *y, long n, long period) {
    DISPATCH(t, fc_dot_channels, a, b, y, n, period)
}

void fc_activation_gradient(fc_type t, const void *dy, const void *y, float slope, void *dz, double *sums,
                            long n, long period) {
    DISPATCH(t, fc_activation_gradient, dy, y, slope, dz, sums, n, period)
}

void fc_batch_norm_sums(fc_type t, const void *dy, const void *x, const float *mean, const float *inverse,
                        double *sums, double *dots, long n, long period) {
    DISPATCH(t, fc_batch_norm_sums, dy, x, mean, inverse, sums, dots, n, period)
}

void fc_batch_norm_gradient(fc_type t, const void *dy, const void *x, const float *a, const float *b,
                            const float *shift, void *dx, long n, long period) {
    DISPATCH(t, fc_batch_norm_gradient, dy, x, a, b, shift, dx, n, period)
}

void fc_log_sum_exp(const double *x, double *y, long rows, long columns) {
    for (long i = 0; i < rows; i++, x += columns) {
        double top = -INFINITY, sum = 0;
        for (long j = 0; j < columns; j++) top = x[j] > top || x[j] != x[j] ? x[j] : top;
        // An infinite maximum (all -inf, or any +inf) is the answer; subtracting it would give NaN.
        if (isinf(top)) {
            y[i] = top;
            continue;
        }
        for (long j = 0; j < columns; j++) sum += exp(x[j] - top);
        y[i] = top + log(sum);
    }
}
