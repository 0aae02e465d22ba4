#define TEMPLATE "patches.inc"
#include "types.h"

void fc_im2col(fc_type t, const fc_window *w, const void *x, void *columns) {
    DISPATCH(t, fc_im2col, w, x, columns)
}

void fc_col2im(fc_type t, const fc_window *w, const float *columns, const float *bias, float slope, void *x) {
    DISPATCH(t, fc_col2im, w, columns, bias, slope, x)
}

void fc_flip_weights(fc_type t, const float *x, void *y, long taps, long tap, long channels, long outputs) {
    DISPATCH(t, fc_flip_weights, x, y, taps, tap, channels, outputs)
}
