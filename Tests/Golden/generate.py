#!/usr/bin/env python3
"""Golden values for the tests, computed by PyTorch in float64, apart from the Swift code.

    python3 Tests/Golden/generate.py        # rewrites the .safetensors beside this script

Written with Python 3.11, PyTorch 2.13.0 (CPU), NumPy 2.4.6, safetensors 0.8.0. Every number is drawn by NumPy's
PCG64 from a fixed seed and rounded to float32 before use, so inputs are exact in both types. Inputs, parameters and
their gradients are stored as float32, results as float64. Images are [N, H, W, C], convolution weights
[kh, kw, C, O]; logarithms are natural. `gradient.<loss>.<name>` is the derivative of a scalar for an input.

losses.safetensors (N = 6 data, M = 12 samples, K = 10 classes)
    f.data [N, K], f.samples [M, K], f.perturbed [N, K], delta [K], c_bar [1], log_q.data [N], log_q.samples [M],
    labels [N] int32, prior [K] (sums to 1 within float32), nu [1] = M / N
    cross_entropy            mean over data of -log softmax(f - delta)[label]
    log_p.data, log_p.samples        logmeanexp_k(f_k - delta_k) - c_bar
    For each <case>: `equal` (the first N samples, d = log p - log q) and `negatives` (all samples,
    d = log p - log q - log nu):
      <case>.d.data, <case>.d.samples
      <case>.value           eq. 12: -mean softplus(-d.data) - (1/N) sum softplus(d.samples)
      <case>.swapped.data    mean softplus(d.data)              the non-saturating objective of the flow is
      <case>.swapped.samples (1/N) sum softplus(-d.samples)     their sum, to be minimised
      <case>.accuracy        (P(d.data > 0) + P(d.samples < 0)) / 2
    entropy [N]              of softmax(f - delta)
    divergence [N]           KL(softmax(f - delta) || softmax(f.perturbed - delta))
    consistency              mean over data and classes of (softmax(f - delta) - softmax(f.perturbed - delta))^2
    temporal [2]             the loss of temporal ensembling (momentum 0.6) at the second and third visit, when
                             predictions are those of f.data, f.perturbed and f.data
    prior.log_p.data [N]     log sum_k prior_k exp(f_k - c_bar - delta_k)
    prior.cross_entropy      mean of -log softmax(f - delta + log prior)[label]
    gradients: gradient.cross_entropy.{f.data, delta}, gradient.<case>.value.{f.data, f.samples, log_q.data,
    log_q.samples, delta}, gradient.<case>.swapped.{the same, of the sum}, gradient.entropy.f.data (of the mean),
    gradient.divergence.f.perturbed (of the mean, the first distribution held fixed),
    gradient.consistency.{f.data, f.perturbed},
    gradient.prior.log_p.f.data (of the sum over data), gradient.prior.cross_entropy.f.data

optimizers.safetensors
    start [5], gradients [10, 5], and the parameters after each of ten steps at rate 0.01, betas 0.9 and 0.999,
    epsilon 1e-8: adam [10, 5] (Kingma & Ba 2015, algorithm 1), adamax (algorithm 2, with m / (u + epsilon)),
    adamax_glow (openai/glow's optim.py: the rate times sqrt(1 - beta2^t) as well)

conv_small.safetensors: Conv-small of Table 6 in evaluation mode, widths 64 and 128 replaced by 4 and 8
    x [2, 32, 32, 3], conv1 ... conv9.{v, g, b}, head.{v [C, K], g [K]}, weights [2, K]
    max.logits, mean.logits [2, K]: with global max or mean pooling
    gradients of sum(logits * weights): gradient.max.{x, every parameter}, gradient.mean.{every parameter}

classifier_batch.safetensors, classifier_mean_only.safetensors: Conv-large with 2x2 max pooling, slope 0.1 and mean
    pooling, in training (batch statistics) without dropout, every width divided by 32
    x [4, 16, 16, 3], conv1 ... conv9, head.{v [C, K], g [K]}, weights [4, K]; logits [4, K] and gradients as above
    batch: conv.w, then batch norm conv.norm.{gamma, beta} (epsilon 1e-5), and head.norm.{gamma, beta} on the logits
    mean_only: images with mean 0 and variance 1 (+ 1e-8), conv.{v, g}, then x - mean + conv.norm.beta

resnet.safetensors, resnet_batch.safetensors: WRN-28-2 of Zagoruyko & Komodakis with weight normalisation, and with
    batch normalisation in training (batch statistics), without dropout, every width a tenth (2, 3, 6, 13), slope 0.1
    and mean pooling, written with PyTorch 2.15.0
    x [3, 12, 12, 3], conv1, block1 ... block12.{conv1, conv2, shortcut}.{v, g, b}, head.{v [C, K], g [K]},
    weights [3, K]; logits [3, K] and gradients as above
    batch: conv.w without bias, block<i>.norm{1, 2}.{gamma, beta}, norm.{gamma, beta}

gan.safetensors: the GAN with feature matching of openai/improved-gan, on [4, 16, 8, 3] images of 6 latent numbers and
widths 8, 4, 2 (512, 256, 128 by 64); N = 5 data, M = 3 samples, K = 4 classes, F = 7 features
    z [4, 6], dense.w, {dense, deconv1, deconv2}.norm.{beta, mean, variance}, deconv{1, 2}.w, deconv3.{v, g, b},
    weights [4, 16, 8, 3]; weights of transposed convolutions are [kh, kw, O, C]
    images, images.evaluated       tanh / 2, normalised by the batch, by the running averages
    gradient.images.<parameter>    of sum(images * weights)
    features.data [N, F], features.samples [M, F], feature_matching: mean_j |mean features.data - mean features.samples|
    f.data [N, K], f.samples [M, K], labels [N] int32, discriminator: cross entropy of f.data, plus half of
    mean softplus(-l.data) + mean softplus(l.samples), l = logsumexp_k f
    gradient.feature_matching.features.{data, samples}, gradient.discriminator.f.{data, samples}

glow_additive.safetensors, glow_affine.safetensors: Glow of 2 levels x 2 blocks (affine: 1), width 8, on [2, 8, 8, 3]
    x; level<i>.block<j>.actnorm.{bias, logs}, .rotation.{lower, upper, logs}, .rotation.{signs, permutation} (int32,
    fixed), .coupling.conv{1, 2, 3}.{w, bias, logs}, level0.split.{w, bias, logs}, prior.{mean, logs}
    log_q [2] in nats, z0, z1: the latents, outermost first, before any standardisation
    gradient.<parameter>, gradient.x: of mean log q
    A step: y = (x + bias) exp(logs); y_i = sum_j W_ij x_j with W = P L (U + diag(signs exp(logs))), row i of P A being
    row permutation[i] of A; coupling: the first half of the channels is kept and feeds 3x3 -> 1x1 -> 3x3
    convolutions, the first two followed by (h + bias) exp(logs) and ReLU, the last by (h + bias) exp(3 logs). The
    second half becomes x + t or, affine, (x + t) sigmoid(s + 2), where the network's output is [t | s]. Squeeze:
    channel 4 c + 2 dy + dx. Split: the second half of the channels has prior N(mean, exp(2 logs)), [mean | logs] from
    a 3x3 convolution of the first, scaled like the coupling's last. Signs and permutations are those that
    `Glow(_:backend:seed:)` draws for seed 1.

glow_spline.safetensors: the same with 1 level x 1 block on images of deviation 2, written with PyTorch 2.15.0. The
    network gives 23 numbers for each channel of the second half: 8 raw widths, 8 raw heights, 7 raw slopes of a
    rational-quadratic spline on (-3, 3), the identity outside (Durkan et al. 2019). Bins are
    6 (0.001 + (1 - 0.008) softmax), slopes 0.001 + softplus(. + log(e^0.999 - 1)), and 1 at both ends.
"""

import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
FOLDER = pathlib.Path(__file__).parent


class Draws:
    """Normal numbers from a seed, exact in float32."""

    def __init__(self, seed):
        self.generator = np.random.Generator(np.random.PCG64(seed))

    def normal(self, *shape, scale=1.0, shift=0.0):
        values = self.generator.standard_normal(shape) * scale + shift
        return torch.tensor(values.astype(np.float32).astype(np.float64), requires_grad=True)


def save(name, inputs, results):
    """`inputs` (and whatever is named gradient) as float32, the rest as float64; integers as int32."""
    tensors = {}
    for key, value in {**inputs, **results}.items():
        value = torch.as_tensor(value).detach()
        value = value.reshape(1) if value.ndim == 0 else value
        if not value.is_floating_point():
            value = value.to(torch.int32)
        elif key in inputs or (key.startswith("gradient.") and value.numel() > 100):
            value = value.to(torch.float32)
        tensors[key] = value.contiguous()
    path = FOLDER / f"{name}.safetensors"
    save_file(tensors, path)
    path.chmod(0o644)
    print(f"{name}: {len(tensors)} tensors, {path.stat().st_size} bytes")


def gradients(loss, variables, prefix):
    found = torch.autograd.grad(loss, list(variables.values()), retain_graph=True, allow_unused=True)
    return {f"gradient.{prefix}{name}": g for name, g in zip(variables, found) if g is not None}


# Losses

def losses():
    draws = Draws(1)
    n, m, k = 6, 12, 10
    nu = m / n
    f = {"f.data": draws.normal(n, k, scale=2), "f.samples": draws.normal(m, k, scale=2)}
    f["f.perturbed"] = (f["f.data"] + draws.normal(n, k, scale=0.5)).detach().float().double().requires_grad_()
    delta = draws.normal(k, scale=0.3)
    c_bar = torch.tensor(-2.5)
    log_q = {"log_q.data": draws.normal(n, scale=2, shift=3.5), "log_q.samples": draws.normal(m, scale=2, shift=4)}
    labels = torch.tensor([3, 0, 9, 3, 7, 1])
    prior = torch.softmax(draws.normal(k).detach(), 0).float().double()
    prior = (prior / prior.sum()).float().double()

    inputs = {**f, "delta": delta, "c_bar": c_bar, **log_q, "labels": labels, "prior": prior, "nu": torch.tensor(nu)}
    results = {}

    cross_entropy = F.cross_entropy(f["f.data"] - delta, labels)
    results["cross_entropy"] = cross_entropy
    results |= gradients(cross_entropy, {"f.data": f["f.data"], "delta": delta}, "cross_entropy.")

    log_p = {key: torch.logsumexp(f[f"f.{key}"] - delta, 1) - math.log(k) - c_bar for key in ("data", "samples")}
    results |= {f"log_p.{key}": value for key, value in log_p.items()}

    moving = {"f.data": f["f.data"], "f.samples": f["f.samples"], **log_q, "delta": delta}
    for case, count, ratio in (("equal", n, 1.0), ("negatives", m, nu)):
        d_data = log_p["data"] - log_q["log_q.data"] - math.log(ratio)
        d_samples = (log_p["samples"] - log_q["log_q.samples"] - math.log(ratio))[:count]
        value = F.logsigmoid(d_data).mean() + F.logsigmoid(-d_samples).sum() / n
        swapped_data = F.softplus(d_data).mean()
        swapped_samples = F.softplus(-d_samples).sum() / n
        accuracy = ((d_data > 0).double().mean() + (d_samples < 0).double().mean()) / 2
        results |= {
            f"{case}.d.data": d_data, f"{case}.d.samples": d_samples, f"{case}.value": value,
            f"{case}.swapped.data": swapped_data, f"{case}.swapped.samples": swapped_samples,
            f"{case}.accuracy": accuracy,
        }
        results |= gradients(value, moving, f"{case}.value.")
        results |= gradients(swapped_data + swapped_samples, moving, f"{case}.swapped.")

    posterior = torch.log_softmax(f["f.data"] - delta, 1)
    entropy = -(posterior.exp() * posterior).sum(1)
    results["entropy"] = entropy
    results |= gradients(entropy.mean(), {"f.data": f["f.data"]}, "entropy.")

    perturbed = torch.log_softmax(f["f.perturbed"] - delta, 1)
    divergence = F.kl_div(perturbed, posterior.detach(), reduction="none", log_target=True).sum(1)
    results["divergence"] = divergence
    results |= gradients(divergence.mean(), {"f.perturbed": f["f.perturbed"]}, "divergence.")

    p, q = posterior.exp(), perturbed.exp()
    consistency = (p - q).square().mean()
    results["consistency"] = consistency
    results |= gradients(consistency, {"f.data": f["f.data"], "f.perturbed": f["f.perturbed"]}, "consistency.")
    once = 0.4 * p / (1 - 0.6)
    twice = (0.6 * 0.4 * p + 0.4 * q) / (1 - 0.6**2)
    results["temporal"] = torch.stack([(q - once).square().mean(), (p - twice).square().mean()])

    mixture = torch.logsumexp(f["f.data"] - c_bar - delta + prior.log(), 1)
    results["prior.log_p.data"] = mixture
    results |= gradients(mixture.sum(), {"f.data": f["f.data"]}, "prior.log_p.")
    weighted = F.cross_entropy(f["f.data"] - delta + prior.log(), labels)
    results["prior.cross_entropy"] = weighted
    results |= gradients(weighted, {"f.data": f["f.data"]}, "prior.cross_entropy.")
    save("losses", inputs, results)


# Optimisers

def optimizers():
    draws = Draws(2)
    start = draws.normal(5).detach()
    # Scales from 1e-4 to 100, one parameter that first rests, and gradients that shrink, so that u decays.
    scale = torch.tensor([1.0, 1e-4, 100.0, 1.0, 0.1])
    sequence = (draws.normal(10, 5).detach() * scale * torch.linspace(2, 0.1, 10)[:, None]).float().double()
    sequence[:4, 3] = 0
    rate, beta1, beta2, epsilon = 0.01, 0.9, 0.999, 1e-8

    def adam():
        parameter = start.clone().requires_grad_()
        optimizer = torch.optim.Adam([parameter], lr=rate, betas=(beta1, beta2), eps=epsilon)
        for gradient in sequence:
            parameter.grad = gradient.clone()
            optimizer.step()
            yield parameter.detach().clone()

    def adamax(glow):
        parameter, first, infinity = start.clone(), torch.zeros(5), torch.zeros(5)
        for t, gradient in enumerate(sequence, 1):
            first = beta1 * first + (1 - beta1) * gradient
            infinity = torch.maximum(beta2 * infinity, gradient.abs())
            step = rate / (1 - beta1**t) * (math.sqrt(1 - beta2**t) if glow else 1)
            parameter = parameter - step * first / (infinity + epsilon)
            yield parameter

    save("optimizers", {"start": start, "gradients": sequence}, {
        "adam": torch.stack(list(adam())),
        "adamax": torch.stack(list(adamax(False))),
        "adamax_glow": torch.stack(list(adamax(True))),
    })


# Networks

def convolve(x, weights, stride=1, padding=0):
    """x [N, H, W, C], weights [kh, kw, C, O]."""
    y = F.conv2d(x.permute(0, 3, 1, 2), weights.permute(3, 2, 0, 1).contiguous(), stride=stride, padding=padding)
    return y.permute(0, 2, 3, 1)


def weight_norm(v, g):
    return g * v / v.flatten(0, -2).norm(dim=0)


#           kernel, width, stride, padding
CONV_SMALL = [
    (3, 64, 1, 1), (3, 64, 1, 1), (3, 64, 2, 1),
    (3, 128, 1, 1), (3, 128, 1, 1), (3, 128, 2, 1),
    (3, 128, 1, 0), (1, 128, 1, 0), (1, 128, 1, 0),
]


def conv_small(classes=10, divisor=16):
    draws = Draws(3)
    parameters, inputs = {}, 3
    for i, (kernel, width, _, _) in enumerate(CONV_SMALL, 1):
        outputs = width // divisor
        parameters[f"conv{i}.v"] = draws.normal(kernel, kernel, inputs, outputs, scale=0.05)
        parameters[f"conv{i}.g"] = draws.normal(outputs, scale=0.3, shift=1.5)
        parameters[f"conv{i}.b"] = draws.normal(outputs, scale=0.2)
        inputs = outputs
    parameters["head.v"] = draws.normal(inputs, classes, scale=0.05)
    parameters["head.g"] = draws.normal(classes, scale=0.3, shift=1)
    x = draws.normal(2, 32, 32, 3, scale=0.25)
    weights = draws.normal(2, classes)

    def logits(pool):
        h = x
        for i, (_, _, stride, padding) in enumerate(CONV_SMALL, 1):
            w = weight_norm(parameters[f"conv{i}.v"], parameters[f"conv{i}.g"])
            h = F.leaky_relu(convolve(h, w, stride, padding) + parameters[f"conv{i}.b"], 0.2)
        assert h.shape[1:3] == (6, 6)
        return pool(h) @ weight_norm(parameters["head.v"], parameters["head.g"])

    largest, mean = logits(lambda h: h.amax((1, 2))), logits(lambda h: h.mean((1, 2)))
    results = {"max.logits": largest, "mean.logits": mean}
    results |= gradients((largest * weights).sum(), {"x": x, **parameters}, "max.")
    results |= gradients((mean * weights).sum(), parameters, "mean.")
    save("conv_small", {"x": x, "weights": weights, **parameters}, results)


CONV_LARGE = [(3, 128), (3, 128), (3, 128), (3, 256), (3, 256), (3, 256), (3, 512), (1, 256), (1, 128)]


def classifier(kind, classes=10, divisor=32):
    """The networks of VAT (batch) and of the Pi-model and Mean Teacher (mean_only)."""
    draws = Draws(6)
    parameters, inputs = {}, 3
    widths = [(f"conv{i}", kernel, width // divisor) for i, (kernel, width) in enumerate(CONV_LARGE, 1)]
    for name, kernel, outputs in widths:
        if kind == "batch":
            parameters[f"{name}.w"] = draws.normal(kernel, kernel, inputs, outputs, scale=0.3)
            parameters[f"{name}.norm.gamma"] = draws.normal(outputs, scale=0.3, shift=1)
        else:
            parameters[f"{name}.v"] = draws.normal(kernel, kernel, inputs, outputs, scale=0.05)
            parameters[f"{name}.g"] = draws.normal(outputs, scale=0.3, shift=1.5)
        parameters[f"{name}.norm.beta"] = draws.normal(outputs, scale=0.2)
        inputs = outputs
    parameters["head.v"] = draws.normal(inputs, classes, scale=0.05)
    parameters["head.g"] = draws.normal(classes, scale=0.3, shift=1)
    if kind == "batch":
        parameters["head.norm.gamma"] = draws.normal(classes, scale=0.3, shift=1)
        parameters["head.norm.beta"] = draws.normal(classes, scale=0.2)
    x = draws.normal(4, 16, 16, 3, scale=0.25)
    weights = draws.normal(4, classes)

    def normalize(h, name):
        gamma, beta = parameters.get(f"{name}.gamma"), parameters[f"{name}.beta"]
        if gamma is None:
            return h - h.mean((0, 1, 2)) + beta
        y = F.batch_norm(h.movedim(-1, 1), None, None, gamma, beta, training=True, eps=1e-5)
        return y.movedim(1, -1)

    h = x
    if kind == "mean_only":
        variance, mean = torch.var_mean(h, (1, 2, 3), correction=0, keepdim=True)
        h = (h - mean) / torch.sqrt(variance + 1e-8)
    for i, (name, kernel, _) in enumerate(widths, 1):
        w = parameters.get(f"{name}.w")
        w = weight_norm(parameters[f"{name}.v"], parameters[f"{name}.g"]) if w is None else w
        h = convolve(h, w, padding=1 if kernel == 3 and i < 7 else 0)
        h = F.leaky_relu(normalize(h, f"{name}.norm"), 0.1)
        if i in (3, 6):
            h = F.max_pool2d(h.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
    assert h.shape[1:3] == (2, 2)
    logits = h.mean((1, 2)) @ weight_norm(parameters["head.v"], parameters["head.g"])
    if kind == "batch":
        logits = normalize(logits, "head.norm")
    results = {"logits": logits, **gradients((logits * weights).sum(), {"x": x, **parameters}, "")}
    save(f"classifier_{kind}", {"x": x, "weights": weights, **parameters}, results)


def resnet(kind, classes=10, factor=0.1, slope=0.1):
    """WRN-28-2: each group's first block changes channels, those of the second and third group halve the image."""
    draws = Draws(7)
    parameters = {}

    def declare(name, kernel, inputs, outputs):
        if kind == "batch":
            parameters[f"{name}.w"] = draws.normal(kernel, kernel, inputs, outputs, scale=0.3)
        else:
            parameters[f"{name}.v"] = draws.normal(kernel, kernel, inputs, outputs, scale=0.05)
            parameters[f"{name}.g"] = draws.normal(outputs, scale=0.3, shift=1)
            parameters[f"{name}.b"] = draws.normal(outputs, scale=0.2)

    def declare_norm(name, channels):
        if kind == "batch":
            parameters[f"{name}.gamma"] = draws.normal(channels, scale=0.3, shift=1)
            parameters[f"{name}.beta"] = draws.normal(channels, scale=0.2)

    def convolution(name, h, stride=1):
        if kind == "batch":
            w, bias = parameters[f"{name}.w"], 0
        else:
            w, bias = weight_norm(parameters[f"{name}.v"], parameters[f"{name}.g"]), parameters[f"{name}.b"]
        return convolve(h, w, stride, padding=w.shape[0] // 2) + bias

    def activation(name, h):
        if kind == "batch":
            gamma, beta = parameters[f"{name}.gamma"], parameters[f"{name}.beta"]
            h = F.batch_norm(h.movedim(-1, 1), None, None, gamma, beta, training=True, eps=1e-5).movedim(1, -1)
        return F.leaky_relu(h, slope)

    blocks, inputs = [], round(16 * factor)
    declare("conv1", 3, 3, inputs)
    for group, width in enumerate((32, 64, 128)):
        for block in range(4):
            name, outputs = f"block{len(blocks) + 1}", round(width * factor)
            declare_norm(f"{name}.norm1", inputs)
            declare(f"{name}.conv1", 3, inputs, outputs)
            declare_norm(f"{name}.norm2", outputs)
            declare(f"{name}.conv2", 3, outputs, outputs)
            if block == 0:
                declare(f"{name}.shortcut", 1, inputs, outputs)
            blocks.append((name, block == 0, 2 if block == 0 and group > 0 else 1))
            inputs = outputs
    declare_norm("norm", inputs)
    parameters["head.v"] = draws.normal(inputs, classes, scale=0.05)
    parameters["head.g"] = draws.normal(classes, scale=0.3, shift=1)
    x = draws.normal(3, 12, 12, 3, scale=0.25)
    weights = draws.normal(3, classes)

    h = convolution("conv1", x)
    for name, changes, stride in blocks:
        activated = activation(f"{name}.norm1", h)
        branch = activation(f"{name}.norm2", convolution(f"{name}.conv1", activated, stride))
        branch = convolution(f"{name}.conv2", branch)
        h = branch + (convolution(f"{name}.shortcut", activated, stride) if changes else h)
    assert h.shape[1:3] == (3, 3)
    features = activation("norm", h).mean((1, 2))
    logits = features @ weight_norm(parameters["head.v"], parameters["head.g"])
    results = {"logits": logits, **gradients((logits * weights).sum(), {"x": x, **parameters}, "")}
    save("resnet_batch" if kind == "batch" else "resnet", {"x": x, "weights": weights, **parameters}, results)


# GAN with feature matching

def gan():
    draws = Draws(6)
    widths, (height, width), latent = [8, 4, 2], (2, 1), 6
    units = height * width * widths[0]
    parameters, fixed = {"dense.w": draws.normal(latent, units, scale=0.5)}, {}
    for name, channels in (("dense", units), ("deconv1", widths[1]), ("deconv2", widths[2])):
        parameters[f"{name}.norm.beta"] = draws.normal(channels, scale=0.3, shift=0.2)
        fixed[f"{name}.norm.mean"] = draws.normal(channels, scale=0.3)
        fixed[f"{name}.norm.variance"] = draws.normal(channels, scale=0.1, shift=1)
    for i in (1, 2):
        parameters[f"deconv{i}.w"] = draws.normal(5, 5, widths[i], widths[i - 1], scale=0.3)
    parameters["deconv3.v"] = draws.normal(5, 5, 3, widths[2], scale=0.3)
    parameters["deconv3.g"] = draws.normal(3, scale=0.3, shift=1.5)
    parameters["deconv3.b"] = draws.normal(3, scale=0.2)
    z = torch.tensor(draws.generator.random((4, latent)).astype(np.float32).astype(np.float64))
    weights = draws.normal(4, 8 * height, 8 * width, 3)

    def normalized(name, h, by_batch):
        axes = tuple(range(h.ndim - 1))
        mean, variance = fixed[f"{name}.norm.mean"], fixed[f"{name}.norm.variance"]
        if by_batch:
            mean, variance = h.mean(axes), h.var(axes, unbiased=False)
        return torch.relu((h - mean) / torch.sqrt(variance + 1e-6) + parameters[f"{name}.norm.beta"])

    def doubled(h, w):
        y = F.conv_transpose2d(h.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), stride=2, padding=2, output_padding=1)
        return y.permute(0, 2, 3, 1)

    def images(by_batch):
        h = normalized("dense", z @ parameters["dense.w"], by_batch).reshape(-1, height, width, widths[0])
        for i in (1, 2):
            h = normalized(f"deconv{i}", doubled(h, parameters[f"deconv{i}.w"]), by_batch)
        v = parameters["deconv3.v"]
        w = parameters["deconv3.g"][:, None] * v / v.square().sum((0, 1, 3)).sqrt()[:, None]
        return torch.tanh(doubled(h, w) + parameters["deconv3.b"]) / 2

    drawn = images(True)
    results = {"images": drawn, "images.evaluated": images(False)}
    results |= gradients((drawn * weights).sum(), parameters, "images.")

    n, m, k, features = 5, 3, 4, 7
    h = {"features.data": draws.normal(n, features), "features.samples": draws.normal(m, features)}
    distance = (h["features.data"].mean(0) - h["features.samples"].mean(0)).abs().mean()
    f = {"f.data": draws.normal(n, k, scale=2), "f.samples": draws.normal(m, k, scale=2)}
    labels = torch.tensor([3, 0, 2, 3, 1])
    on_data, on_samples = f["f.data"].logsumexp(1), f["f.samples"].logsumexp(1)
    unlabelled = 0.5 * F.softplus(-on_data).mean() + 0.5 * F.softplus(on_samples).mean()
    discriminator = F.cross_entropy(f["f.data"], labels) + unlabelled
    results |= {"feature_matching": distance, "discriminator": discriminator}
    results |= gradients(distance, h, "feature_matching.") | gradients(discriminator, f, "discriminator.")
    save("gan", {"z": z, "weights": weights, "labels": labels, **parameters, **fixed, **h, **f}, results)


# Flow

class Stream:
    """The toolkit's random stream: Philox4x32-10, counter (block, step, purpose, lane), key the seed."""

    def __init__(self, seed, purpose, step, lane):
        self.key, self.tail, self.block, self.words = seed, (step, purpose, lane), 0, []

    def word(self):
        if not self.words:
            self.words = self.philox([self.block, *self.tail], [self.key & 0xFFFFFFFF, self.key >> 32])
            self.block += 1
        return self.words.pop(0)

    @staticmethod
    def philox(c, k):
        for _ in range(10):
            a, b = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
            c = [b >> 32 ^ c[1] ^ k[0], b & 0xFFFFFFFF, a >> 32 ^ c[3] ^ k[1], a & 0xFFFFFFFF]
            k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
        return c

    def uniform(self):
        low = self.word()
        return ((low | self.word() << 32) >> 11) * 2.0**-53

    def normal(self):
        radius = math.sqrt(-2 * math.log(1 - self.uniform()))
        return radius * math.cos(2 * math.pi * self.uniform())


def rotation_structure(extent, level, block):
    """Signs and permutation of the random rotation a Glow of seed 1 starts from; initialisation is purpose 2."""
    stream = Stream(1, 2, 1 + level, block)
    a = np.array([[stream.normal() for _ in range(extent)] for _ in range(extent)])
    q, r = np.linalg.qr(a.T)
    rows = torch.tensor((q * np.sign(np.diag(r))).T)  # Gram-Schmidt keeps the diagonal of R positive
    p, _, u = torch.linalg.lu(rows)
    return torch.sign(torch.diag(u)), p.argmax(1)


def spline(x, raw, bins=8, bound=3.0, least=1e-3):
    """Durkan et al. 2019, eqs. 4 and 5, for x [...] and raw [..., 3 bins - 1]; returns y and log dy/dx."""
    widths, heights, slopes = raw.split([bins, bins, bins - 1], -1)

    def knots(sizes):
        sizes = 2 * bound * (least + (1 - least * bins) * torch.softmax(sizes, -1))
        return F.pad(torch.cumsum(sizes, -1), (1, 0)) - bound

    xs, ys = knots(widths), knots(heights)
    slopes = F.pad(least + F.softplus(slopes + math.log(math.expm1(1 - least))), (1, 1), value=1.0)
    inside = x.abs() < bound
    at = torch.where(inside, x, torch.zeros_like(x))
    index = (at[..., None] >= xs[..., 1:-1]).sum(-1, keepdim=True)

    def pick(values, offset=0):
        return values.gather(-1, index + offset)[..., 0]

    width, height = pick(xs, 1) - pick(xs), pick(ys, 1) - pick(ys)
    left, right, steep = pick(slopes), pick(slopes, 1), height / width
    r = (at - pick(xs)) / width
    under = steep + (left + right - 2 * steep) * r * (1 - r)
    y = pick(ys) + height * (steep * r**2 + left * r * (1 - r)) / under
    slope = steep**2 * (right * r**2 + 2 * steep * r * (1 - r) + left * (1 - r) ** 2) / under**2
    return torch.where(inside, y, x), torch.where(inside, slope.log(), torch.zeros_like(x))


def glow(kind, blocks, seed, levels=2, width=8):
    draws = Draws(seed)
    parameters, fixed = {}, {}

    def declare_zero_convolution(name, inputs, outputs):
        parameters[f"{name}.w"] = draws.normal(3, 3, inputs, outputs, scale=0.1)
        parameters[f"{name}.bias"] = draws.normal(outputs, scale=0.1)
        parameters[f"{name}.logs"] = draws.normal(outputs, scale=0.1)

    channels = 3
    for level in range(levels):
        channels *= 4
        half = channels // 2
        for block in range(blocks):
            name = f"level{level}.block{block}"
            parameters[f"{name}.actnorm.bias"] = draws.normal(channels, scale=0.2)
            parameters[f"{name}.actnorm.logs"] = draws.normal(channels, scale=0.2, shift=0.3)
            parameters[f"{name}.rotation.lower"] = draws.normal(channels, channels, scale=0.2)
            parameters[f"{name}.rotation.upper"] = draws.normal(channels, channels, scale=0.2)
            parameters[f"{name}.rotation.logs"] = draws.normal(channels, scale=0.2)
            signs, permutation = rotation_structure(channels, level, block)
            fixed |= {f"{name}.rotation.signs": signs.to(torch.int32), f"{name}.rotation.permutation": permutation}
            for layer, kernel, inputs in ((1, 3, half), (2, 1, width)):
                conv = f"{name}.coupling.conv{layer}"
                parameters[f"{conv}.w"] = draws.normal(kernel, kernel, inputs, width, scale=0.3)
                parameters[f"{conv}.bias"] = draws.normal(width, scale=0.2)
                parameters[f"{conv}.logs"] = draws.normal(width, scale=0.2)
            moved = channels - half
            numbers = {"additive": 1, "affine": 2, "spline": 23}[kind]
            declare_zero_convolution(f"{name}.coupling.conv3", width, numbers * moved)
        if level < levels - 1:
            declare_zero_convolution(f"level{level}.split", half, 2 * (channels - half))
            channels = half
    parameters["prior.mean"] = draws.normal(channels, scale=0.3)
    parameters["prior.logs"] = draws.normal(channels, scale=0.3)
    x = draws.normal(2, 8, 8, 3, scale=2 if kind == "spline" else 0.25)

    def get(name):
        return parameters[name]

    def squeeze(x):
        n, h, w, c = x.shape
        return x.reshape(n, h // 2, 2, w // 2, 2, c).permute(0, 1, 3, 5, 2, 4).reshape(n, h // 2, w // 2, 4 * c)

    def zero_convolution(name, h):
        return (convolve(h, get(f"{name}.w"), padding=1) + get(f"{name}.bias")) * torch.exp(3 * get(f"{name}.logs"))

    def coupling(name, x, log_q):
        kept, moved = x.chunk(2, -1)
        h = kept
        for layer in (1, 2):
            conv = f"{name}.conv{layer}"
            h = convolve(h, get(f"{conv}.w"), padding=1 if layer == 1 else 0)
            h = torch.relu((h + get(f"{conv}.bias")) * torch.exp(get(f"{conv}.logs")))
        h = zero_convolution(f"{name}.conv3", h)
        if kind == "additive":
            return torch.cat([kept, moved + h], -1), log_q
        if kind == "spline":
            moved, log_slope = spline(moved, h.reshape(*moved.shape, 23))
            return torch.cat([kept, moved], -1), log_q + log_slope.sum((1, 2, 3))
        shift, raw = h.chunk(2, -1)
        scale = torch.sigmoid(raw + 2)
        return torch.cat([kept, (moved + shift) * scale], -1), log_q + scale.log().sum((1, 2, 3))

    def rotation(name, x):
        lower = torch.tril(get(f"{name}.lower"), -1) + torch.eye(x.shape[-1])
        diagonal = fixed[f"{name}.signs"] * torch.exp(get(f"{name}.logs"))
        upper = torch.triu(get(f"{name}.upper"), 1) + torch.diag(diagonal)
        w = (lower @ upper)[fixed[f"{name}.permutation"]]
        return torch.einsum("ij,nhwj->nhwi", w, x), x.shape[1] * x.shape[2] * torch.linalg.slogdet(w)[1]

    def gaussian(z, mean, logs):
        density = torch.distributions.Normal(mean, torch.exp(logs)).log_prob(z)
        return density.sum((1, 2, 3))

    h, log_q, latents = x, torch.zeros(2), {}
    for level in range(levels):
        h = squeeze(h)
        for block in range(blocks):
            name = f"level{level}.block{block}"
            logs = get(f"{name}.actnorm.logs")
            h = (h + get(f"{name}.actnorm.bias")) * torch.exp(logs)
            log_q = log_q + h.shape[1] * h.shape[2] * logs.sum()
            h, log_determinant = rotation(f"{name}.rotation", h)
            h, log_q = coupling(f"{name}.coupling", h, log_q + log_determinant)
        if level < levels - 1:
            kept, z = h.chunk(2, -1)
            mean, logs = zero_convolution(f"level{level}.split", kept).chunk(2, -1)
            latents[f"z{level}"], log_q, h = z, log_q + gaussian(z, mean, logs), kept
    latents[f"z{levels - 1}"] = h
    log_q = log_q + gaussian(h, get("prior.mean"), get("prior.logs"))
    results = {"log_q": log_q, **latents, **gradients(log_q.mean(), {"x": x, **parameters}, "")}
    save(f"glow_{kind}", {"x": x, **parameters, **fixed}, results)


if __name__ == "__main__":
    losses()
    optimizers()
    conv_small()
    classifier("batch")
    classifier("mean_only")
    resnet("weight")
    resnet("batch")
    gan()
    glow("additive", blocks=2, seed=4)
    glow("affine", blocks=1, seed=5)
    glow("spline", blocks=1, seed=8, levels=1)
