#define TEMPLATE "pools.inc"
#include "types.h"

void fc_global_max(fc_type t, const void *x, void *y, int32_t *winners, long pixels, long channels) {
    DISPATCH(t, fc_global_max, x, y, winners, pixels, channels)
}

void fc_global_max_gradient(fc_type t, const void *dy, const int32_t *winners, void *dx, long pixels,
                            long channels) {
    DISPATCH(t, fc_global_max_gradient, dy, winners, dx, pixels, channels)
}

void fc_global_mean(fc_type t, const void *x, void *y, long pixels, long channels) {
    DISPATCH(t, fc_global_mean, x, y, pixels, channels)
}

void fc_global_mean_gradient(fc_type t, const void *dy, void *dx, long pixels, long channels) {
    DISPATCH(t, fc_global_mean_gradient, dy, dx, pixels, channels)
}

void fc_max_pool(fc_type t, const void *x, void *y, int32_t *winners, long height, long width, long channels) {
    DISPATCH(t, fc_max_pool, x, y, winners, height, width, channels)
}

void fc_max_pool_gradient(fc_type t, const void *dy, const int32_t *winners, void *dx, long height, long width,
                          long channels) {
    DISPATCH(t, fc_max_pool_gradient, dy, winners, dx, height, width, channels)
}
