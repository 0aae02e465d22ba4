#define TEMPLATE "density.inc"
#include "types.h"

double fc_gaussian(fc_type t, const void *z, const void *mean, const void *log_deviation, long n) {
    DISPATCH(t, fc_gaussian, z, mean, log_deviation, n)
}

void fc_gaussian_gradient(fc_type t, double dy, const void *z, const void *mean, const void *log_deviation,
                          void *dz, void *dmean, void *dlog, long n) {
    DISPATCH(t, fc_gaussian_gradient, dy, z, mean, log_deviation, dz, dmean, dlog, n)
}
