"""Golden values of the report statistics, computed independently with numpy and scipy.

    python3 Tests/Golden/generate_statistics.py > Tests/ReportsTests/StatisticsGolden.swift

Made with numpy 2.4.6 and scipy 1.17.1; the inputs follow an integer recurrence that the Swift tests repeat.
"""

import numpy as np
from scipy import optimize, special, stats

N, K, BINS = 500, 4, 15


def uniforms(count, state):
    """The 32-bit linear congruential generator of Numerical Recipes, as numbers in [0, 1)."""
    values = []
    for _ in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        values.append(state / 2**32)
    return np.array(values)


u = uniforms(N * K, 1).reshape(N, K)
labels = (uniforms(N, 2) * K).astype(int)
logits = (4 * u).astype(np.float32)
logits[np.arange(N), labels] += np.float32(1)
e = np.exp(logits.astype(np.float64))
p = (e / e.sum(1, keepdims=True)).astype(np.float32).astype(np.float64)

predicted = p.argmax(1)
correct = predicted == labels
confidence = p.max(1)


def calibration_error(confidence, correct):
    error = 0.0
    edges = np.linspace(0, 1, BINS + 1)
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    return error


def likelihood_loss(p, labels):
    return -np.log(p[np.arange(len(p)), labels]).mean()


def brier(p, labels):
    return ((p - np.eye(K)[labels]) ** 2).sum(1).mean()


ece = calibration_error(confidence, correct)

# Temperature scaling: T fitted on the first 200 rows, scores of all rows.
HELD = 200
fit = optimize.minimize_scalar(
    lambda t: likelihood_loss(special.softmax(np.log(p[:HELD]) / np.exp(t), axis=1), labels[:HELD]),
    bracket=(-1, 0, 1), method="brent", options={"xtol": 1e-12})
temperature = np.exp(fit.x)
scaled = special.softmax(np.log(p) / temperature, axis=1)
confusion = np.zeros((K, K), int)
np.add.at(confusion, (labels, predicted), 1)

wrong_a = uniforms(3 * N, 3).reshape(3, N) < 0.20
wrong_b = uniforms(2 * N, 4).reshape(2, N) < 0.25
d = wrong_a.mean(0) - wrong_b.mean(0)
rng = np.random.default_rng(0)
draws = [d[rng.integers(0, N, N)].mean() for _ in range(100_000)]
interval = np.percentile(draws, [2.5, 97.5])

positives = np.floor(uniforms(60, 5) * 40 + 8)
negatives = np.floor(uniforms(80, 6) * 40)
auroc = stats.mannwhitneyu(positives, negatives).statistic / (60 * 80)

seeds = np.array([7.31, 6.95, 7.62])
half = stats.t.ppf(0.975, 2) * seeds.std(ddof=1) / np.sqrt(3)

print(f"""// Written by Tests/Golden/generate_statistics.py; do not edit.

enum StatisticsGolden {{
    static let errorRate = {float(1 - correct.mean())!r}
    static let negativeLogLikelihood = {float(likelihood_loss(p, labels))!r}
    static let brierScore = {float(brier(p, labels))!r}
    static let expectedCalibrationError = {float(ece)!r}
    /// Fitted on the first {HELD} images, with the scores of all scaled predictions.
    static let temperature = {float(temperature)!r}
    static let scaledNegativeLogLikelihood = {float(likelihood_loss(scaled, labels))!r}
    static let scaledBrierScore = {float(brier(scaled, labels))!r}
    static let scaledCalibrationError = {float(calibration_error(scaled.max(1), correct))!r}
    static let classErrors = {(1 - confusion.diagonal() / confusion.sum(1)).tolist()}
    static let confusion = {confusion.tolist()}
    static let bootstrapDifference = {float(d.mean())!r}
    /// 100,000 resamples of numpy's own generator.
    static let bootstrapInterval = ({float(interval[0])!r}, {float(interval[1])!r})
    static let auroc = {float(auroc)!r}
    static let seedMean = {float(seeds.mean())!r}
    static let seedDeviation = {float(seeds.std(ddof=1))!r}
    static let seedInterval = ({float(seeds.mean() - 7.05 - half)!r}, {float(seeds.mean() - 7.05 + half)!r})
    /// The 97.5 % quantiles of t with 1 ... 29 degrees of freedom.
    static let studentQuantiles: [Double] = [""")
for nu in range(1, 30):
    print(f"        {float(stats.t.ppf(0.975, nu))!r},")
print("    ]\n}")
