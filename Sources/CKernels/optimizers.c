#include "simd.h"

double fc_power(double base, long exponent) { return pow(base, (double)exponent); }

FC_CLONES void fc_adam_step(fc_adam a, float *restrict p, const float *restrict g, float *restrict m,
                            float *restrict v, long n) {
    for (long i = 0; i < n; i++) {
        m[i] = a.beta1 * m[i] + a.gain1 * g[i];
        v[i] = a.beta2 * v[i] + a.gain2 * g[i] * g[i];
        p[i] -= a.rate * m[i] / (FC_SQRT(v[i] * a.second_scale) + a.epsilon);
    }
}

FC_CLONES void fc_adamax_step(fc_adam a, float *restrict p, const float *restrict g, float *restrict m,
                              float *restrict u, long n) {
    for (long i = 0; i < n; i++) {
        float magnitude = g[i] < 0.0f ? -g[i] : g[i], decayed = a.beta2 * u[i];
        m[i] = a.beta1 * m[i] + a.gain1 * g[i];
        // This order of the comparison lets a NaN gradient through.
        u[i] = decayed > magnitude ? decayed : magnitude;
        p[i] -= a.rate * m[i] / (u[i] + a.epsilon);
    }
}
