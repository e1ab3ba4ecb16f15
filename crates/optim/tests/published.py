"""Makes published.json: what the rules of the package pytorch_optimizer (4.1.0, with PyTorch 2.15) make of given gradients.

pip install pytorch_optimizer==4.1.0 torch; python3 published.py > published.json
Everything is in double precision on one thread. Each case names our rule and settings, theirs stand beside them.
"""
import json
import sys
from importlib.metadata import version

import pytorch_optimizer as theirs
import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

VECTOR = [1.0, -2.0, 0.5]
VECTOR_GRADIENTS = [[.1, -.2, .3], [.3, .05, -.1], [-.4, .7, 0.], [.2, -.1, .25], [.05, .4, -.3], [-.15, .1, .2]]
MATRIX = [[1.0, -2.0, 0.5], [0.3, 0.8, -1.1]]
MATRIX_GRADIENTS = [
    [[.1, -.2, .3], [.3, .05, -.1]], [[-.4, .7, 0.], [.2, -.1, .25]], [[.05, .4, -.3], [-.15, .1, .2]],
    [[.2, .1, -.6], [.1, -.3, .15]], [[-.1, .25, .35], [.45, -.2, .05]], [[.3, -.15, .1], [-.25, .5, -.4]],
]
CURVATURES = [1.0, 10.0, 0.5]


def given(make, start, gradients):
    value = torch.tensor(start, requires_grad=True)
    optimizer, after = make([value]), []
    if hasattr(optimizer, "train"):
        optimizer.train()
    for gradient in gradients:
        value.grad = torch.tensor(gradient)
        optimizer.step()
        after.append(value.detach().tolist())
    return after


def bowl(step, start, steps=6):
    """On the sum of CURVATURES * x^2 / 2, whose gradient follows the values."""
    value = torch.tensor(start, requires_grad=True)
    after = []

    def closure():
        value.grad = None
        loss = (torch.tensor(CURVATURES) * value.square()).sum() / 2
        loss.backward()
        return loss

    take = step(value, closure)
    for _ in range(steps):
        take()
        after.append(value.detach().tolist())
    return after


def sam(adaptive, rho):
    def step(value, closure):
        optimizer = theirs.SAM([value], torch.optim.SGD, lr=.1, momentum=.9, rho=rho, adaptive=adaptive)

        def take():
            closure()
            optimizer.step(closure)
        return take
    return step


def sophia_h(value, closure):
    optimizer = theirs.SophiaH([value], lr=.01 / .5, betas=(.96, .99), p=.5, update_period=2, eps=1e-12)
    taken = [0]

    def take():
        closure()
        fresh = taken[0] % 2 == 0
        taken[0] += 1
        # Of a bowl along the axes, Hutchinson's estimate with random signs is the diagonal itself.
        optimizer.step(hessian=[torch.tensor(CURVATURES)] if fresh else None)
    return take


CASES = []


def vector(rule, settings, make, start=VECTOR):
    CASES.append({"rule": rule, "hyperparameters": settings, "initial": start, "gradients": VECTOR_GRADIENTS,
                  "after_step": given(make, start, VECTOR_GRADIENTS)})


def matrix(rule, settings, make):
    CASES.append({"rule": rule, "hyperparameters": settings, "initial": MATRIX, "gradients": MATRIX_GRADIENTS,
                  "after_step": given(make, MATRIX, MATRIX_GRADIENTS)})


def on_bowl(rule, settings, step):
    CASES.append({"rule": rule, "hyperparameters": settings, "initial": VECTOR, "curvatures": CURVATURES,
                  "after_step": bowl(step, VECTOR)})


vector("adabelief", {"lr": .01, "weight_decay": .1}, lambda p: theirs.AdaBelief(p, lr=.01, weight_decay=.1))
# Theirs starts both means at the accumulator's value, ours the mean of squares alone: at zero they are one.
vector("yogi", {"lr": .01, "initial_accumulator_value": 0.}, lambda p: theirs.Yogi(p, lr=.01, initial_accumulator=0.))
vector("adan", {"lr": .01}, lambda p: theirs.Adan(p, lr=.01))
vector("adan", {"lr": .01, "weight_decay": .1}, lambda p: theirs.Adan(p, lr=.01, weight_decay=.1))
# Theirs forgets where it starts, unless that is zero.
vector("ftrl", {"lr": .1, "beta": .5, "l1": .15, "l2": .2, "initial_accumulator_value": 1e-12},
       lambda p: theirs.FTRL(p, lr=.1, beta=.5, lambda_1=.15, lambda_2=.2), [0., 0., 0.])
vector("lion", {"lr": .01, "weight_decay": .1}, lambda p: theirs.Lion(p, lr=.01, weight_decay=.1))
vector("ademamix", {"lr": .01, "alpha": 2.0}, lambda p: theirs.AdEMAMix(p, lr=.01, alpha=2.))
vector("prodigy", {}, lambda p: theirs.Prodigy(p))
# Theirs adds eps before it corrects the root.
vector("mars", {"lr": .01, "optimize_1d": True, "eps": 1e-14},
       lambda p: theirs.MARS(p, lr=.01, optimize_1d=True, eps=1e-14))
vector("schedule_free_adamw", {"lr": .0025}, lambda p: theirs.ScheduleFreeAdamW(p, lr=.0025))
vector("schedule_free_sgd", {"lr": .1, "momentum": .9}, lambda p: theirs.ScheduleFreeSGD(p, lr=.1, momentum=.9))
vector("lookahead", {"inner": {"adam": {"lr": .01}}, "k": 2, "alpha": .3},
       lambda p: theirs.Lookahead(torch.optim.Adam(p, lr=.01), k=2, alpha=.3))
matrix("shampoo", {"lr": .1, "eps": 1e-4, "update_interval": 1},
       lambda p: theirs.Shampoo(p, lr=.1, matrix_eps=1e-4, preconditioning_compute_steps=1))
matrix("soap", {"lr": .01, "weight_decay": .1},
       lambda p: theirs.SOAP(p, lr=.01, betas=(.95, .95), weight_decay=.1, precondition_frequency=10))
matrix("soap", {"lr": .01, "weight_decay": 0., "precondition_frequency": 2},
       lambda p: theirs.SOAP(p, lr=.01, betas=(.95, .95), weight_decay=0., precondition_frequency=2))
on_bowl("sam", {"inner": {"sgd": {"lr": .1, "momentum": .9}}, "rho": .1}, sam(False, .1))
on_bowl("sam", {"inner": {"sgd": {"lr": .1, "momentum": .9}}, "rho": .5, "adaptive": True}, sam(True, .5))
on_bowl("sophia_h", {"lr": .01, "gamma": .5, "beta1": .96, "beta2": .99, "update_interval": 2, "weight_decay": 0.,
                     "eps": 5e-13}, sophia_h)

source = f"pytorch_optimizer {version('pytorch_optimizer')}, PyTorch {torch.__version__.split('+')[0]}, float64, CPU"
lines = ",\n".join("  " + json.dumps(case) for case in CASES)
sys.stdout.write('{"source": %s, "cases": [\n%s\n]}\n' % (json.dumps(source), lines))
