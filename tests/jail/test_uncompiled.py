"""PyTorch's compiler stays out until it is asked for, and then is the real one."""

import subprocess
import sys

import pytest

BEGIN = """
import sys, torch
from autograder.jail.inside.uncompiled import leave_compiler_out
leave_compiler_out()
loaded = lambda: "torch._dynamo.eval_frame" in sys.modules
layer = torch.nn.Linear(2, 1)
"""


def run(code: str) -> None:
    ended = subprocess.run([sys.executable, "-c", BEGIN + code], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr


def test_training_and_looking_at_all_modules_do_not_load_it() -> None:
    run("""
import inspect
before = layer.weight.detach().clone()
for kind in (torch.optim.SGD, torch.optim.Adam, torch.optim.RMSprop):
    optimizer = kind(layer.parameters(), lr=0.1)
    optimizer.zero_grad()
    layer(torch.ones(3, 2)).sum().backward()
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
assert not torch.equal(layer.weight, before)
inspect.getmodule(layer)
assert not loaded()
""")


@pytest.mark.parametrize(
    "asked",
    [
        "torch._dynamo.config.suppress_errors",
        "import torch._dynamo.config",
        "from torch._dynamo import optimize",
        "assert torch.compile(lambda x: x * 2, backend='eager')(torch.ones(2)).sum() == 4",
    ],
)
def test_asked_for_it_is_the_real_one(asked: str) -> None:
    run(f"""
assert not loaded()
{asked}
assert loaded() and torch._dynamo is sys.modules["torch._dynamo"] and torch._dynamo.reset
torch.optim.Adam(layer.parameters()).step()
""")


def test_a_compiler_that_is_loaded_stays() -> None:
    run("import torch._dynamo as real; leave_compiler_out(); assert torch._dynamo.reset is real.reset")
