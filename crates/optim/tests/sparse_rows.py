"""Makes sparse_rows.json: what PyTorch's optimizers make of sparse gradients of an embedding's table.

pip install torch; python3 sparse_rows.py (writes beside this file)
Everything is in double precision. Each case names our rule and settings; a step has the rows it touches and their gradients.
"""
import json
import pathlib

import torch

torch.manual_seed(0)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

ROWS, WIDTH = 6, 3
STEPS = [[0, 3], [3], [1, 2, 3], [0], [3, 5], [0, 1, 5], [2], [0, 3, 5]]
START = torch.randn(ROWS, WIDTH)
GRADIENTS = [torch.randn(len(rows), WIDTH) for rows in STEPS]


def case(rule, hyperparameters, make):
    table = START.clone().requires_grad_()
    optimizer, after = make([table]), []
    for rows, values in zip(STEPS, GRADIENTS):
        table.grad = torch.sparse_coo_tensor(torch.tensor([rows]), values, (ROWS, WIDTH))
        optimizer.step()
        after.append(table.detach().flatten().tolist())
    return {"rule": rule, "hyperparameters": hyperparameters, "after_step": after}


keras = {"dialect": "keras"}  # as SparseAdam, it adds eps before it corrects the root
cases = [
    case("adam", {"lr": 0.01, "eps": 1e-8, **keras}, lambda p: torch.optim.SparseAdam(p, lr=0.01)),
    case(
        "adam",
        {"lr": 0.05, "beta1": 0.7, "beta2": 0.95, "eps": 1e-2, **keras},
        lambda p: torch.optim.SparseAdam(p, lr=0.05, betas=(0.7, 0.95), eps=1e-2),
    ),
    case("adagrad", {"lr": 0.1, "eps": 1e-10}, lambda p: torch.optim.Adagrad(p, lr=0.1)),
    case(
        "adagrad",
        {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-10},
        lambda p: torch.optim.Adagrad(p, lr=0.1, lr_decay=0.1, initial_accumulator_value=0.5),
    ),
    case("sgd", {"lr": 0.1}, lambda p: torch.optim.SGD(p, lr=0.1)),
]
fixture = {
    "source": f"PyTorch {torch.__version__.split('+')[0]}, float64, CPU",
    "width": WIDTH,
    "initial": START.flatten().tolist(),
    "steps": STEPS,
    "gradients": [values.flatten().tolist() for values in GRADIENTS],
    "cases": cases,
}
path = pathlib.Path(__file__).with_name("sparse_rows.json")
path.write_text(json.dumps(fixture) + "\n")
