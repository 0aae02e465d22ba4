#!/usr/bin/env python3
"""The step `probe` of `fce bench`, by scikit-learn: LinearSVC of ten classes on 14,336 features of 4,000 examples.

Features are drawn from the distribution of Sources/Benchmarks/BenchmarkProbe.swift: 64 hidden numbers with
class means, mixed, with noise, through a leaky ReLU. `dual="auto"` takes the dual for fewer examples than features; the
other settings are scikit-learn's defaults, C = 1e-3.

It is timed when standard input asks (on_demand.py), and ends with one JSON object:
{"ms": {"probe": ...}, "peak_mb": {"probe": ...}, "sklearn": version}.
"""
import argparse
import json
import resource

import numpy
import on_demand
import sklearn
from sklearn.svm import LinearSVC

CLASSES, HIDDEN = 10, 64


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=4000)
    parser.add_argument("--features", type=int, default=14336)
    parser.add_argument("--cost", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, help="ignored: liblinear has one")
    options = parser.parse_args()
    random = numpy.random.default_rng(1)
    labels = numpy.arange(options.examples) % CLASSES
    centres = 0.3 * random.normal(size=(CLASSES, HIDDEN))
    hidden = random.normal(size=(options.examples, HIDDEN)) + centres[labels]
    mixing = 0.125 * random.normal(size=(HIDDEN, options.features))
    x = hidden @ mixing + 0.5 * random.normal(size=(options.examples, options.features))
    x = numpy.where(x > 0, x, 0.2 * x).astype(numpy.float32)

    def report(median):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024e-6
        return {"ms": {"probe": round(median, 1)}, "peak_mb": {"probe": round(peak, 1)},
                "sklearn": sklearn.__version__}

    on_demand.serve(lambda: LinearSVC(C=options.cost, dual="auto").fit(x, labels), report)


if __name__ == "__main__":
    main()
