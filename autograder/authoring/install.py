"""The page in the student's folder that says how to install, with the versions that the grader uses."""

from __future__ import annotations

from importlib import metadata

INSTALL = "INSTALL.md"
_PAGE = """# Install

You need this folder, the folder `selfcheck` that came with it, and Python 3.11, 3.12 or 3.13. The grader uses PyTorch
{torch} on the processor alone, so you need no graphics card.

With conda, on Linux, macOS and Windows:

    conda create -n deep-learning -c conda-forge python=3.12 pip "pytorch={torch}=cpu*"
    conda activate deep-learning
    python -m pip install "./selfcheck[notebook]"

With pip, on macOS and Windows:

    python -m pip install "./selfcheck[notebook]"

With pip, on Linux: plain pip takes a PyTorch with CUDA there, several gigabytes that nothing here uses. Install the
build for processors first: the page "Start Locally" of pytorch.org shows its command for Linux, Pip and CPU; write
`torch=={torch}` for `torch torchvision`. Then the same line:

    python -m pip install "./selfcheck[notebook]"

Each way brings JupyterLab, `selfcheck` and `nbgrader`. Then `jupyter lab`, in this folder.
"""


def install_page() -> str:
    """The page's text, for the PyTorch that is installed here: constraints.txt pins it."""
    return _PAGE.format(torch=metadata.version("torch").split("+")[0])
