#!/usr/bin/env python3
"""The steps of `fce bench`, in PyTorch: what FlowContrast is measured against.

Glow (3 levels x 8 blocks x width 512, additive couplings), Conv-small or Conv-large with weight normalisation, base
"none", 10 classes, random 32x32 images, at PyTorch's usual best on a CPU: flush-denormal, and autocast, channels-last
or torch.compile where asked. The steps:

  mle       maximum likelihood of the flow: log q forward and backward, Adamax
  ebm       update of the energy; samples drawn and log q computed afresh
  ebm_pool  the same, samples and every log q given: no flow work
  flow      update of the flow on V: through its samples, the energy and log q of data
  vat       ebm with virtual adversarial training (finite difference of length 0.1)
  infer     classification of 500 images

Prints one JSON object: {"ms": {step: median}, "peak_mb": {step: peak resident memory}, "mode": ..., "threads": ...}.
One step a process (`--steps mle`) gives the cleanest memory; `compare.py` does that.
"""
import argparse
import ctypes
import json
import math
import statistics
import sys

import on_demand
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.parametrizations import weight_norm

STEPS = ["mle", "ebm", "ebm_pool", "flow", "vat", "infer"]
CLASSES = 10


class ActNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.logs = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x):
        return (x + self.bias) * self.logs.exp()

    def inverse(self, y):
        return y * (-self.logs).exp() - self.bias


class InvertibleConvolution(nn.Module):
    """1x1 convolution by its PLU factors."""

    def __init__(self, channels):
        super().__init__()
        rotation = torch.linalg.qr(torch.randn(channels, channels))[0]
        permutation, lower, upper = torch.linalg.lu(rotation)
        diagonal = torch.diagonal(upper)
        self.register_buffer("permutation", permutation)
        self.register_buffer("sign", diagonal.sign())
        self.register_buffer("identity", torch.eye(channels))
        self.logs = nn.Parameter(diagonal.abs().log())
        self.lower = nn.Parameter(lower.tril(-1))
        self.upper = nn.Parameter(upper.triu(1))

    def matrix(self):
        upper = self.upper.triu(1) + torch.diag(self.sign * self.logs.exp())
        return self.permutation @ (self.lower.tril(-1) + self.identity) @ upper

    def forward(self, x):
        return F.conv2d(x, self.matrix()[:, :, None, None])

    def inverse(self, y):
        return F.conv2d(y, torch.inverse(self.matrix().double()).float()[:, :, None, None])


class Coupling(nn.Module):
    def __init__(self, channels, width):
        super().__init__()
        self.first = nn.Conv2d(channels // 2, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 1)
        self.last = nn.Conv2d(width, channels // 2, 3, padding=1)
        for layer, deviation in [(self.first, 0.05), (self.second, 0.05), (self.last, 1e-3)]:
            nn.init.normal_(layer.weight, 0, deviation)
            nn.init.zeros_(layer.bias)

    def shift(self, x):
        return self.last(F.relu(self.second(F.relu(self.first(x))))).float()

    def forward(self, x):
        a, b = x.chunk(2, 1)
        return torch.cat([a, b + self.shift(a)], 1)

    def inverse(self, y):
        a, b = y.chunk(2, 1)
        return torch.cat([a, b - self.shift(a)], 1)


def squeeze(x):
    n, c, h, w = x.shape
    x = x.view(n, c, h // 2, 2, w // 2, 2).permute(0, 1, 3, 5, 2, 4)
    return x.reshape(n, c * 4, h // 2, w // 2)


def unsqueeze(x):
    n, c, h, w = x.shape
    x = x.view(n, c // 4, 2, 2, h, w).permute(0, 1, 4, 2, 5, 3)
    return x.reshape(n, c // 4, h * 2, w * 2)


def gaussian(z, mean, logs):
    """log N(z; mean, exp(2 logs)), summed over all but the first axis."""
    return (-0.5 * (math.log(2 * math.pi) + 2 * logs + (z - mean) ** 2 * torch.exp(-2 * logs))).flatten(1).sum(1)


class Glow(nn.Module):
    def __init__(self, levels=3, blocks=8, width=512, channels=3):
        super().__init__()
        self.levels = nn.ModuleList()
        self.priors = nn.ModuleList()
        for level in range(levels):
            channels *= 4
            self.levels.append(
                nn.ModuleList(
                    nn.ModuleList([ActNorm(channels), InvertibleConvolution(channels), Coupling(channels, width)])
                    for _ in range(blocks)
                )
            )
            if level < levels - 1:
                channels //= 2
                prior = nn.Conv2d(channels, 2 * channels, 3, padding=1)
                nn.init.zeros_(prior.weight)
                nn.init.zeros_(prior.bias)
                self.priors.append(prior)
        self.channels = channels
        self.register_buffer("zero", torch.zeros(()))

    def log_prob(self, x):
        total = torch.zeros(x.shape[0])
        for level, blocks in enumerate(self.levels):
            x = squeeze(x)
            for actnorm, rotation, coupling in blocks:
                total = total + (actnorm.logs.sum() + rotation.logs.sum()) * x.shape[2] * x.shape[3]
                x = coupling(rotation(actnorm(x)))
            if level < len(self.priors):
                x, z = x.chunk(2, 1)
                total = total + gaussian(z, *self.priors[level](x).float().chunk(2, 1))
        return total + gaussian(x, self.zero, self.zero)

    def sample(self, count):
        x = torch.randn(count, self.channels, 4, 4)
        total = gaussian(x, self.zero, self.zero)
        for level in reversed(range(len(self.levels))):
            if level < len(self.priors):
                mean, logs = self.priors[level](x).float().chunk(2, 1)
                z = mean + logs.exp() * torch.randn_like(mean)
                total = total + gaussian(z, mean, logs)
                x = torch.cat([x, z], 1)
            for actnorm, rotation, coupling in reversed(self.levels[level]):
                x = actnorm.inverse(rotation.inverse(coupling.inverse(x)))
                total = total + (actnorm.logs.sum() + rotation.logs.sum()) * x.shape[2] * x.shape[3]
            x = unsqueeze(x)
        return x, total


class Energy(nn.Module):
    def __init__(self, large):
        super().__init__()
        a, b = (128, 256) if large else (64, 128)
        c, d = (512, 256) if large else (128, 128)

        def convolution(inputs, outputs, kernel=3, stride=1, padding=1):
            layer = nn.Conv2d(inputs, outputs, kernel, stride, padding)
            return [weight_norm(layer), nn.LeakyReLU(0.2)]

        self.layers = nn.Sequential(
            nn.Dropout(0.2),
            *convolution(3, a),
            *convolution(a, a),
            *convolution(a, a, stride=2),
            nn.Dropout(0.5),
            *convolution(a, b),
            *convolution(b, b),
            *convolution(b, b, stride=2),
            nn.Dropout(0.5),
            *convolution(b, c, padding=0),
            *convolution(c, d, kernel=1, padding=0),
            *convolution(d, 128, kernel=1, padding=0),
        )
        self.head = weight_norm(nn.Linear(128, CLASSES))

    def forward(self, x):
        return self.head(self.layers(x).amax((2, 3))).float()


def log_marginal(logits):
    return torch.logsumexp(logits, 1) - math.log(CLASSES)


def contrast_value(log_p_data, log_q_data, log_p_samples, log_q_samples):
    """V of eq. 12."""
    return -(F.softplus(log_q_data - log_p_data).mean() + F.softplus(log_p_samples - log_q_samples).mean())


def divergence(p, q):
    return (p.softmax(1) * (p.log_softmax(1) - q.log_softmax(1))).sum(1).mean()


def adversarial_loss(energy, x, logits, radius=2.5, step=0.1):
    clean = logits.detach()
    direction = F.normalize(torch.randn_like(x).flatten(1), dim=1).view_as(x).requires_grad_(True)
    (gradient,) = torch.autograd.grad(divergence(clean, energy(x + step * direction)), direction)
    r = radius * F.normalize(gradient.flatten(1), dim=1).view_as(x)
    return divergence(clean, energy(x + r.detach()))


class Bench:
    def __init__(self, options):
        torch.manual_seed(0)
        torch.set_flush_denormal(True)
        if options.threads:
            torch.set_num_threads(options.threads)
        self.batch = options.batch
        self.flow = Glow()
        self.energy = Energy(options.network == "conv-large")
        if options.channels_last:
            self.flow = self.flow.to(memory_format=torch.channels_last)
            self.energy = self.energy.to(memory_format=torch.channels_last)
        self.flow_optimizer = torch.optim.Adamax(self.flow.parameters(), 1e-5)
        self.energy_optimizer = torch.optim.Adam(self.energy.parameters(), 3e-4)
        self.data = torch.rand(self.batch, 3, 32, 32) - 0.5
        self.labelled = torch.rand(self.batch, 3, 32, 32) - 0.5
        self.labels = torch.randint(0, CLASSES, (self.batch,))
        self.test = torch.rand(500, 3, 32, 32) - 0.5
        wrap = torch.compile if options.compile else (lambda f: f)
        self.log_prob, self.sample, self.logits = wrap(self.flow.log_prob), wrap(self.flow.sample), wrap(self.energy)
        self.pooled = None

    def mle(self):
        self.flow_optimizer.zero_grad()
        (-self.log_prob(self.data).mean() / 3072).backward()
        self.flow_optimizer.step()

    def fresh(self):
        with torch.no_grad():
            return self.log_prob(self.data), *self.sample(self.batch)

    def update_energy(self, log_q_data, samples, log_q_samples, with_vat=False):
        self.energy_optimizer.zero_grad()
        logits = self.logits(torch.cat([self.labelled, self.data, samples]))
        labelled, data, generated = logits.split(self.batch)
        value = contrast_value(log_marginal(data), log_q_data, log_marginal(generated), log_q_samples)
        loss = F.cross_entropy(labelled, self.labels) - value
        if with_vat:
            loss = loss + adversarial_loss(self.logits, self.data, data)
        loss.backward()
        self.energy_optimizer.step()

    def ebm(self):
        self.update_energy(*self.fresh())

    def ebm_pool(self):
        if self.pooled is None:
            self.pooled = self.fresh()
        self.update_energy(*self.pooled)

    def vat(self):
        self.update_energy(*self.fresh(), with_vat=True)

    def flow_step(self):
        self.flow_optimizer.zero_grad()
        self.energy.requires_grad_(False)
        with torch.no_grad():
            log_p_data = log_marginal(self.logits(self.data))
        samples, log_q_samples = self.sample(self.batch)
        log_p_samples = log_marginal(self.logits(samples))
        contrast_value(log_p_data, self.log_prob(self.data), log_p_samples, log_q_samples).backward()
        self.flow_optimizer.step()
        self.energy.requires_grad_(True)

    def infer(self):
        self.energy.eval()
        with torch.no_grad():
            self.logits(self.test).argmax(1)
        self.energy.train()


def reset_peak():
    """Starts a new maximum of resident memory (proc(5), clear_refs), after freed memory has been given back."""
    ctypes.CDLL(None).malloc_trim(0)
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        print("torch_steps: this system does not reset peak memory", file=sys.stderr)


def peak_megabytes():
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith("VmHWM:"))
    return round(int(line.split()[1]) * 1024e-6, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mode", choices=["fp32", "bf16"], default="bf16", help="float32, or bfloat16 by autocast")
    parser.add_argument("--network", choices=["conv-small", "conv-large"], default="conv-small")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", default=",".join(STEPS), help="names, separated by commas")
    parser.add_argument("-n", "--runs", type=int, default=5, help="timed executions, after two that do not count")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--compile", action="store_true", help="torch.compile log q, sampling and the energy")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--on-demand", action="store_true", help="time one step when asked: see on_demand.py")
    options = parser.parse_args()
    names = options.steps.split(",")
    if options.on_demand and len(names) > 1:
        parser.error("--on-demand takes one step")
    if unknown := set(names) - set(STEPS):
        parser.error(f"no step named {', '.join(sorted(unknown))}")

    bench = Bench(options)
    work = {name: getattr(bench, "flow_step" if name == "flow" else name) for name in names}
    report = {
        "mode": options.mode, "compile": options.compile, "channels_last": options.channels_last,
        "threads": torch.get_num_threads(), "torch": torch.__version__, "ms": {}, "peak_mb": {},
    }

    def execution(name):
        def execute():
            with torch.autocast("cpu", torch.bfloat16, enabled=options.mode == "bf16"):
                work[name]()

        # torch.compile works in the first two executions: neither their time nor their memory counts.
        execute()
        execute()
        reset_peak()
        return execute

    def record(name, median):
        report["ms"][name] = round(median, 1)
        report["peak_mb"][name] = peak_megabytes()
        return report

    if options.on_demand:
        on_demand.serve(execution(names[0]), lambda median: record(names[0], median))
        return
    for name in names:
        execute = execution(name)
        record(name, statistics.median(on_demand.milliseconds(execute) for _ in range(options.runs)))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
