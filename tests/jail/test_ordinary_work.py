"""What notebooks do all day works inside each jail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.jail.host.backends import BACKENDS, choose
from autograder.jail.host.worker import StudentProcess, Worker

CELLS = {
    "threads of torch": """
        import torch
        torch.set_num_threads(3)
        x = torch.randn(400, 400)
        assert (x @ x).shape == (400, 400)
        """,
    "training": """
        import torch
        from torch import nn
        model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.LazyLinear(10))
        optimizer = torch.optim.Adam(model.parameters())
        loss = nn.functional.cross_entropy(model(torch.randn(8, 1, 8, 8)), torch.arange(8))
        loss.backward()
        optimizer.step()
        """,
    "a data loader with workers": """
        import torch
        from torch.utils.data import DataLoader, TensorDataset
        data = TensorDataset(torch.arange(12.0))
        assert len(list(DataLoader(data, batch_size=4, num_workers=2, shuffle=True))) == 3
        """,
    "digits": """
        from sklearn.datasets import load_digits
        assert load_digits().images.shape == (1797, 8, 8)
        """,
    "scikit-learn": """
        import numpy as np
        from sklearn.linear_model import LogisticRegression
        from sklearn.neighbors import KNeighborsClassifier
        x, y = np.random.randn(60, 3), np.arange(60) % 2
        assert LogisticRegression().fit(x, y).predict(x).shape == (60,)
        assert KNeighborsClassifier().fit(x, y).predict(x).shape == (60,)
        """,
    "a figure": """
        import matplotlib.pyplot as plt
        plt.plot([1, 2, 3])
        plt.title("$x^2$")
        plt.savefig("figure.png")
        plt.savefig("figure.svg")
        """,
    "saving and loading": """
        import os, pickle, shutil, tempfile, torch
        torch.save({"x": torch.ones(3)}, "state.pt")
        assert torch.load("state.pt")["x"].sum() == 3
        shutil.copyfile("state.pt", "copy.pt")
        with tempfile.TemporaryDirectory() as folder:
            assert folder.startswith(os.getcwd())
        assert pickle.loads(pickle.dumps([1])) == [1]
        """,
    "scripted functions": """
        import torch
        traced = torch.jit.trace(lambda x: x.relu(), torch.ones(2))
        assert traced(-torch.ones(2)).sum() == 0
        """,
    "function transforms": """
        import torch
        from torch.func import jacrev, vmap
        assert vmap(jacrev(torch.sin))(torch.zeros(3)).tolist() == [1.0, 1.0, 1.0]
        """,
    "time and processors": """
        import os, time, random
        time.sleep(0.001); time.perf_counter(); random.seed(0)
        assert os.cpu_count() >= 1 and os.sched_getaffinity(0)
        """,
    "magics": """
        %matplotlib inline
        %timeit -n 1 -r 1 sum(range(3))
        """,
    "a library imported late": """
        import scipy.optimize, scipy.stats, sqlite3, unittest, xml.dom.minidom, PIL.Image
        assert PIL.Image.new("L", (2, 2)).size == (2, 2)
        """,
}


@pytest.fixture(scope="module", params=sorted(BACKENDS))
def process(request: pytest.FixtureRequest) -> Iterator[StudentProcess]:
    with Worker(choose(request.param)) as worker:
        yield worker.fork()


@pytest.mark.parametrize("name", CELLS)
def test_cell_runs(process: StudentProcess, name: str) -> None:
    lines = [line[8:] for line in CELLS[name].strip("\n").splitlines()]
    process.allow(60, 120)
    process.run_cell("\n".join(lines), name)
