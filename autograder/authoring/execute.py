"""Run a solved notebook from the top in a kernel of its own."""

from __future__ import annotations

import os
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from autograder.authoring.chapter import AuthoringError
from autograder.authoring.notebooks import RUN_ON


def execute(
    notebook: NotebookNode, place: Path, name: str, seconds: float, threads: int | None = None
) -> None:
    """Run all cells, the outputs going into the notebook. No cell may fail: the tag that allows it is taken away.

    Args:
        place: the kernel's working folder. name: of the notebook, for messages.
        seconds: the longest a single cell may take. threads: that torch computes with, its own choice where None.

    Raises:
        AuthoringError: where a cell fails or takes too long, or the kernel dies.
    """
    for cell in notebook.cells:
        if RUN_ON in (tags := cell.metadata.get("tags", [])):
            cell.metadata["tags"] = [tag for tag in tags if tag != RUN_ON]
    client = NotebookClient(
        notebook,
        timeout=seconds,
        kernel_name="python3",
        resources={"metadata": {"path": str(place)}},
        extra_arguments=["--IPKernelApp.log_level=40"],
    )
    try:
        client.execute(env={**os.environ, **({"OMP_NUM_THREADS": str(threads)} if threads else {})})
    except CellExecutionError as error:
        last = (str(error).strip().splitlines() or ["?"])[-1]
        raise AuthoringError(
            f"the solved notebook of {name} fails: {error.ename}: {error.evalue or last}"
        ) from None
    except (CellTimeoutError, DeadKernelError) as error:
        raise AuthoringError(f"the solved notebook of {name} fails: {error}") from None
