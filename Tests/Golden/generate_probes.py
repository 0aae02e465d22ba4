#!/usr/bin/env python3
"""Golden values of linear classifiers, by scikit-learn: Tests/Golden/probes.safetensors.

    /path/to/python Tests/Golden/generate_probes.py

Made with scikit-learn 1.9.1, NumPy 2.4.6 and safetensors 0.8.0. Features as those of a network with leaky ReLUs, most of
them mean: five classes, 64 features, 200 training examples and 1,000 test examples. For each classifier, number n of
examples (the first n) and C, NAME.n.C holds:

  .weights [64, 5]   .bias [5]   .error [1]: share of wrong test examples

`svm` is LinearSVC (L2R_L2LOSS_SVC, bias as a regularised feature 1), `logistic` LogisticRegression (multinomial,
intercepts not regularised), both solved as far as float64 lets them.
"""
import pathlib
import warnings

import numpy
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

CLASSES, WIDTH, TRAIN, TEST = 5, 64, 200, 1000
COSTS = [1e-3, 1e-2, 1.0]


def examples(random, centres, count):
    """float32 features: a mean of about 1.5, classes a little apart, the negative half almost gone."""
    labels = numpy.arange(count) % CLASSES
    x = 1.5 + centres[labels] + random.normal(size=(count, WIDTH))
    return numpy.where(x > 0, x, 0.2 * x).astype(numpy.float32), labels.astype(numpy.int32)


def main():
    random = numpy.random.default_rng(5)
    centres = 0.35 * random.normal(size=(CLASSES, WIDTH))
    x, y = examples(random, centres, TRAIN)
    x_test, y_test = examples(random, centres, TEST)
    tensors = {"train.x": x, "train.y": y, "test.x": x_test, "test.y": y_test}
    for count in (40, TRAIN):
        for cost in COSTS:
            models = {
                "svm": LinearSVC(C=cost, dual=False, tol=1e-12, max_iter=100000),
                "logistic": LogisticRegression(C=cost, solver="newton-cg", tol=1e-11, max_iter=10000),
            }
            for name, model in models.items():
                with warnings.catch_warnings():
                    # The last digits of a line search: the gradient is checked below.
                    warnings.simplefilter("ignore")
                    model.fit(x[:count].astype(numpy.float64), y[:count])
                check(name, model, x[:count].astype(numpy.float64), y[:count], cost)
                key = f"{name}.{count}.{cost:g}"
                tensors[f"{key}.weights"] = numpy.ascontiguousarray(model.coef_.T)
                tensors[f"{key}.bias"] = model.intercept_
                tensors[f"{key}.error"] = numpy.array([(model.predict(x_test.astype(numpy.float64)) != y_test).mean()])
                print(key, tensors[f"{key}.error"][0])
    save_file(tensors, pathlib.Path(__file__).parent / "probes.safetensors")


def check(name, model, x, y, cost):
    """The gradient of the objective, from its formula, as a share of that at 0."""
    def gradient(w, b):
        f = x @ w + b
        hit = numpy.eye(CLASSES)[y]
        if name == "svm":
            signs = 2 * hit - 1
            e = -2 * cost * signs * numpy.maximum(0, 1 - signs * f)
            return numpy.vstack([w + x.T @ e, b + e.sum(0)])
        p = numpy.exp(f - f.max(1, keepdims=True))
        e = cost * (p / p.sum(1, keepdims=True) - hit)
        return numpy.vstack([w + x.T @ e, e.sum(0)])
    share = numpy.linalg.norm(gradient(model.coef_.T, model.intercept_)) / numpy.linalg.norm(
        gradient(numpy.zeros_like(model.coef_.T), numpy.zeros(CLASSES)))
    assert share < 1e-7, (name, cost, share)


if __name__ == "__main__":
    main()
