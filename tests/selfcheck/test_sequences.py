"""The text and the series: how they are cut, and what a text of one's own must be."""

from __future__ import annotations

import http.server
import threading
from functools import partial
from pathlib import Path

import pytest
import torch

from selfcheck.data import DownloadError
from selfcheck.sequences import load_sunspots, load_text


def test_the_manual_is_cut_in_the_order_of_reading():
    from pydoc_data.topics import topics

    text = load_text()
    whole = "\n".join(topics[name] for name in sorted(topics))
    assert text.train + text.validation + text.test == whole
    assert abs(len(text.train) - 0.8 * len(whole)) <= 1 and abs(len(text.validation) - 0.1 * len(whole)) <= 1


def test_a_text_of_ones_own(tmp_path: Path):
    path = tmp_path / "own.txt"
    path.write_text("äöü ß\n" * 200, encoding="utf-8")
    for source in (path, str(path)):
        text = load_text(source)
        assert [len(text.train), len(text.validation), len(text.test)] == [960, 120, 120]
        assert text.train + text.validation + text.test == "äöü ß\n" * 200


def test_a_text_that_is_too_short(tmp_path: Path):
    path = tmp_path / "short.txt"
    path.write_text("a" * 999)
    with pytest.raises(ValueError, match="999 characters; a character model needs 1,000"):
        load_text(path)
    with pytest.raises(FileNotFoundError):
        load_text(tmp_path / "nothing.txt")


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_an_address(tmp_path: Path):
    (tmp_path / "poem.txt").write_text("to be or not, ünd\n" * 60, encoding="utf-8")
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_Silent, directory=str(tmp_path))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        assert load_text(f"{address}/poem.txt").train.startswith("to be or not, ünd\n")
        with pytest.raises(DownloadError, match="the bundled text is 'manual'"):
            load_text(f"{address}/missing.txt")
        server.shutdown()


def test_nobody_answers():
    with pytest.raises(DownloadError, match="could not be downloaded"):
        load_text("http://127.0.0.1:9/nothing.txt")


def test_sunspots_are_whole():
    years, spots = load_sunspots()
    assert torch.equal(years, torch.arange(1700, 2009)) and years.dtype == torch.int64
    assert spots.shape == (309,) and spots.dtype == torch.float32
    assert float(spots.min()) == 0.0 and bool(spots.isfinite().all())
    # The highest year of the series is 1957, with a mean of 190.2.
    assert int(years[spots.argmax()]) == 1957 and abs(float(spots.max()) - 190.2) < 1e-3
