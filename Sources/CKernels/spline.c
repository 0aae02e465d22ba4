// Monotone rational-quadratic splines; Durkan et al., "Neural Spline Flows", 2019, section 3.1. Arithmetic is float64 for
// every type: log-determinants add up over all elements.
#include <math.h>

// The least share of a bin and the least slope at a knot.
#define SMALLEST 1e-3
#define MOST_BINS 64

// The bin around one argument: where it begins, its extents, and the slopes at its ends.
typedef struct {
    long index;
    double x, width, y, height, start, end;
} fc_bin;

// Adjoints of an argument and of its bin.
typedef struct {
    double argument, x, width, y, height, start, end;
} fc_bin_gradient;

static inline double spline_sigmoid(double x) { return 1 / (1 + exp(-x)); }

// A raw 0 is a slope of 1.
static inline double raw_shift(void) { return log(expm1(1 - SMALLEST)); }

static inline double knot_slope(double raw) {
    double x = raw + raw_shift();
    return SMALLEST + (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}

// y and log dy/dx: the paper's eqs. 4 and 5.
static inline double evaluate(const fc_bin *b, double at, double *y) {
    double s = b->height / b->width, r = (at - b->x) / b->width, z = r * (1 - r);
    double under = s + (b->end + b->start - 2 * s) * z;
    *y = b->y + b->height * (s * r * r + b->start * z) / under;
    double over = b->end * r * r + 2 * s * z + b->start * (1 - r) * (1 - r);
    return 2 * log(s) + log(over) - 2 * log(under);
}

// The x of a y: the paper's eqs. 6 to 8.
static inline double solve(const fc_bin *b, double y) {
    double s = b->height / b->width, d = y - b->y, e = d * (b->end + b->start - 2 * s);
    double p = b->height * (s - b->start) + e, q = b->height * b->start - e, c = -s * d;
    double root = sqrt(fmax(q * q - 4 * p * c, 0));
    return b->x + 2 * c / (-q - root) * b->width;
}

// Adjoints, given those of y and of log dy/dx.
static inline fc_bin_gradient differentiate(const fc_bin *b, double at, double dy, double dlog) {
    double s = b->height / b->width, r = (at - b->x) / b->width, z = r * (1 - r);
    double bend = b->end + b->start - 2 * s, under = s + bend * z, t = (s * r * r + b->start * z) / under;
    double over = b->end * r * r + 2 * s * z + b->start * (1 - r) * (1 - r);
    double dnum = dy * b->height / under, dover = dlog / over, dunder = -dnum * t - 2 * dlog / under;
    double dz = dnum * b->start + dunder * bend + dover * 2 * s;
    double dr = dnum * 2 * s * r + dover * 2 * (b->end * r - b->start * (1 - r)) + dz * (1 - 2 * r);
    double ds = dnum * r * r + dunder * (1 - 2 * z) + dover * 2 * z + dlog * 2 / s;
    fc_bin_gradient g;
    g.argument = dr / b->width;
    g.x = -g.argument;
    g.width = -(dr * r + ds * s) / b->width;
    g.y = dy;
    g.height = dy * t + ds / b->width;
    g.start = dnum * z + dunder * z + dover * (1 - r) * (1 - r);
    g.end = dunder * z + dover * r * r;
    return g;
}

#define TEMPLATE "spline.inc"
#include "types.h"

double fc_spline(fc_type t, const void *x, const void *raw, void *y, long n, long bins, double bound, int inverse) {
    DISPATCH(t, fc_spline, x, raw, y, n, bins, bound, inverse)
}

void fc_spline_gradient(fc_type t, const void *dy, double dlog, const void *x, const void *raw, void *dx, void *draw,
                        long n, long bins, double bound, int inverse) {
    DISPATCH(t, fc_spline_gradient, dy, dlog, x, raw, dx, draw, n, bins, bound, inverse)
}
