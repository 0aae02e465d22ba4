"""A recipe of a second for every kind of phase. A new kind of phase without one here fails the harness."""

SEMI = """
method = "{method}"
name = "tiny"
log.every = 1
checkpoint.every = 1
evaluate.every = 3
data = {{ source = "synthetic", size = 16, train = 64, test = 16, validation = 8, labels = 8 }}
flow = {{ levels = 1, blocks = 1, width = 8 }}
energy = {{ network = "four-layer", base = "none", head = "plain", classes = 4, width = 0.0625 }}
average.decay = 0.9
"""

FREE = """
method = "{method}"
name = "tiny"
log.every = 1
checkpoint.every = 1
data = {{ source = "synthetic", size = 16, train = 64, test = 16, validation = 8 }}
energy = {{ network = "four-layer", base = "none", head = "plain", classes = 1, width = 0.0625{energy} }}
"""

PHASES = {
    "flow-mle": 'kind = "flow-mle"\nsteps = 5\nbatch = 8\noptimizer = { kind = "adamax", rate = 1e-3, warmup = 2 }',
    "energy": 'kind = "energy"\nsteps = 5\nbatch = 8\nlabelled-batch = 8\npool = 16\ndraws = 1',
    "joint": 'kind = "joint"\nsteps = 4\nbatch = 8\nlabelled-batch = 8\nguard = 1000\n'
             'flow-optimizer = { kind = "adamax", rate = 1e-4 }\n'
             'gate = { high = 0.0, low = 0.0, smoothing = 0.0, cap = 1 }',
    "supervised": 'kind = "supervised"\nsteps = 8\nbatch = 8\nlabelled-batch = 8',
    "gan": 'kind = "gan"\nsteps = 8\nbatch = 8\nlabelled-batch = 8',
    "jem": 'kind = "jem"\nsteps = 6\nbatch = 8\nlabelled-batch = 4\ndensity-weight = 0.5\n'
           'chains = { start = "persistent", steps = 3, buffer = 40 }',
    "chains": "kind = 'chains'\nsteps = 8\nbatch = 8\nchains = { start = 'persistent', steps = 2, buffer = 30 }",
    "vae": "kind = 'vae'\nsteps = 8\nbatch = 8",
    "adversarial": 'kind = "adversarial"\nloss = "hinge"\nsteps = 6\nbatch = 8\ncritic-steps = 2\n'
                   'generator-optimizer = { kind = "rmsprop", rate = 1e-4, beta2 = 0.9 }',
}

# Two phases of two updates with few parameters: every call of it is tried.
SMALL = """
method = "fce"
name = "tiny"
precision = "float32"
log.every = 1
checkpoint.every = 1
evaluate.snapshots = 1
data = { source = "plane", density = "eight-gaussians", train = 64, test = 16 }
flow = { kind = "plane", couplings = 1, width = 4 }
energy = { network = "mlp", base = "moving", classes = 1, width = 0.0625 }

[[phase]]
kind = "flow-mle"
steps = 2
batch = 8

[[phase]]
kind = "joint"
steps = 2
batch = 8
guard = 1000
gate = { high = 0.0, low = 0.0, smoothing = 0.0, cap = 1 }
"""

GENERATOR = "generator = { width = 0.03125, latent = 10 }\n"


def recipe(text, *kinds):
    return text.lstrip() + "".join(f"\n[[phase]]\n{PHASES[kind]}\n" for kind in kinds)


# Each run has all phases that its method needs.
RECIPES = {
    "fce": recipe(SEMI.format(method="fce"), "flow-mle", "energy", "joint"),
    "supervised": recipe(SEMI.format(method="supervised"), "supervised"),
    "gan": recipe(SEMI.format(method="gan-feature-matching") + GENERATOR, "gan"),
    "jem": recipe(SEMI.format(method="jem"), "jem"),
    "chains": recipe(FREE.format(method="persistent-cd", energy=""), "chains"),
    "vae": recipe(FREE.format(method="vae", energy="") + GENERATOR, "vae"),
    "adversarial": recipe(
        FREE.format(method="sn-gan", energy=', normalization = "spectral"') + GENERATOR, "adversarial"),
    "small": SMALL.lstrip(),
}
