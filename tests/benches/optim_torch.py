"""PyTorch's passes over a million numbers on one thread, for `cargo xtask bench optim`: milliseconds, the least of five
medians of ten."""
import time
from statistics import median

import torch

torch.set_num_threads(1)
LEN = 1_000_000
RULES = {
    "sgd": (torch.optim.SGD, {"lr": 1e-3}),
    "sgd_momentum": (torch.optim.SGD, {"lr": 1e-3, "momentum": 0.9}),
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
}


def milliseconds(make, settings):
    value = torch.full((LEN,), 0.5, requires_grad=True)
    value.grad = torch.rand(LEN) - 0.5
    optimizer = make([value], **settings)
    for _ in range(5):
        optimizer.step()
    medians = []
    for _ in range(5):
        times = []
        for _ in range(10):
            start = time.perf_counter()
            optimizer.step()
            times.append(time.perf_counter() - start)
        medians.append(median(times))
    return 1e3 * min(medians)


print(f"{'PyTorch ' + torch.__version__.split('+')[0]:<14} {'foreach':>8} {'fused':>8}")
for name, (make, settings) in RULES.items():
    foreach = milliseconds(make, {**settings, "foreach": True})
    fused = milliseconds(make, {**settings, "fused": True})
    print(f"{name:<14} {foreach:>8.3f} {fused:>8.3f}")
