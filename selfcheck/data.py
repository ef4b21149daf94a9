"""Images to learn from: scikit-learn's digits, bundled, and the same loader for MNIST and CIFAR-10.

Sources: Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits; LeCun, Cortes and Burges, the MNIST
database; Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import tarfile
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

Source = Literal["digits", "mnist", "cifar10"]

TEST_SIZE = 360
"""Digits kept for testing, of 1797."""


@dataclass(frozen=True)
class Digits:
    """Images and what they show, split once and for all.

    Attributes:
        train_images, test_images: (N, C, S, S) float32 in [0, 1]; C is 1, for CIFAR-10 3.
        train_labels, test_labels: (N,) int64 in 0 ... 9.
    """

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor


class DownloadError(Exception):
    """A data set could not be fetched, or what came is not it."""


class RemoteFile(NamedTuple):
    """A file of a data set: its address and the MD5 digest its publisher gives."""

    url: str
    md5: str


_MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/"
MNIST = {
    "train_images": RemoteFile(_MNIST + "train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
    "train_labels": RemoteFile(_MNIST + "train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
    "test_images": RemoteFile(_MNIST + "t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
    "test_labels": RemoteFile(_MNIST + "t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
}
CIFAR10 = RemoteFile(
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"
)


def load_digits(size: int = 8, source: Source = "digits", cache: Path | None = None) -> Digits:
    """Small labelled images, the same split every time.

    Args:
        size: height and width, at least 8; larger images are drawn in the middle of a border of zeros.
        source: "digits" is bundled (1437 images to train on, 360 to test on); "mnist" (60000 and 10000) and
            "cifar10" (50000 and 10000, in colour) are downloaded once.
        cache: where downloads are kept; ~/.cache/deep-assignments if not given.

    Raises:
        ValueError: for another source or a size below 8. DownloadError: where a download is not to be had.
    """
    if size < 8:
        raise ValueError(f"images of {size} pixels are too small to read a digit from: take 8 or more")
    if source == "digits":
        return _resized(_bundled(), size)
    folder = Path.home() / ".cache" / "deep-assignments" if cache is None else Path(cache)
    if source == "mnist":
        return _resized(_mnist(folder), size)
    if source == "cifar10":
        return _resized(_cifar10(folder), size)
    raise ValueError(f"there is no source {source!r}; there are 'digits', 'mnist' and 'cifar10'")


def _bundled() -> Digits:
    from sklearn.datasets import (
        load_digits as sklearn_digits,  # a second to import, and not every cell needs it
    )

    bundle = sklearn_digits()
    images = torch.tensor(bundle.images, dtype=torch.float32)[:, None] / 16
    labels = torch.tensor(bundle.target, dtype=torch.int64)
    test = _stratified(labels, TEST_SIZE)
    return Digits(images[~test], labels[~test], images[test], labels[test])


def _stratified(labels: Tensor, count: int) -> Tensor:
    """A fixed choice of `count` items with every class in its share, as a mask (N,)."""
    generator = torch.Generator().manual_seed(1998)
    share = torch.bincount(labels) * count / len(labels)
    taken = share.floor().long()
    taken[(share - taken).argsort(descending=True, stable=True)[: count - int(taken.sum())]] += 1
    mask = torch.zeros(len(labels), dtype=torch.bool)
    for label, number in enumerate(taken.tolist()):
        places = (labels == label).nonzero().flatten()
        mask[places[torch.randperm(len(places), generator=generator)[:number]]] = True
    return mask


def _resized(digits: Digits, size: int) -> Digits:
    return Digits(
        _resize(digits.train_images, size),
        digits.train_labels,
        _resize(digits.test_images, size),
        digits.test_labels,
    )


def _resize(images: Tensor, size: int) -> Tensor:
    """Images of `size` pixels: shrunk by averaging; enlarged to at most 7/8 of it and padded, as LeNet's were."""
    now = images.shape[-1]
    if size < now:
        return F.interpolate(images, (size, size), mode="area")
    inner = max(now, size * 7 // 8) if size > now else now
    if inner > now and inner < 2 * now:
        inner = now  # less than twice: a border alone keeps the pixels sharp
    if inner > now:
        images = F.interpolate(images, (inner, inner), mode="bilinear", align_corners=False).clamp(0, 1)
    before = (size - inner) // 2
    after = size - inner - before
    return F.pad(images, (before, after, before, after))


def _mnist(folder: Path) -> Digits:
    read = {name: gzip.decompress(fetch(file, folder)) for name, file in MNIST.items()}
    tensors = {name: _idx(data, name) for name, data in read.items()}
    return Digits(
        tensors["train_images"][:, None].float() / 255,
        tensors["train_labels"].long(),
        tensors["test_images"][:, None].float() / 255,
        tensors["test_labels"].long(),
    )


def _idx(data: bytes, name: str) -> Tensor:
    """The IDX format: two zeros, type 8 (bytes), number of axes, big-endian sizes, then the bytes."""
    axes = data[3] if len(data) > 3 else 0
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(axes)]
    body = data[4 + 4 * axes :]
    if data[:3] != b"\0\0\x08" or torch.Size(shape).numel() != len(body) or not axes:
        raise DownloadError(f"MNIST's {name} is no IDX file of bytes")
    return torch.frombuffer(bytearray(body), dtype=torch.uint8).reshape(shape)


def _cifar10(folder: Path) -> Digits:
    """The binary version: records of one label byte and 3 x 32 x 32 pixel bytes."""
    with tempfile.TemporaryFile() as archive:
        archive.write(fetch(CIFAR10, folder))
        archive.seek(0)
        parts: dict[str, bytes] = {}
        with tarfile.open(fileobj=archive, mode="r:gz") as tar:
            for member in tar:
                file = tar.extractfile(member) if member.isfile() and member.name.endswith(".bin") else None
                if file is not None:
                    parts[Path(member.name).name] = file.read()
    if "test_batch.bin" not in parts or len(parts) < 2:
        raise DownloadError("the CIFAR-10 archive lacks its batches")
    train = b"".join(parts[name] for name in sorted(parts) if name.startswith("data_batch"))
    return Digits(*_records(train), *_records(parts["test_batch.bin"]))


def _records(data: bytes) -> tuple[Tensor, Tensor]:
    if len(data) % 3073:
        raise DownloadError("a CIFAR-10 batch is cut off")
    rows = torch.frombuffer(bytearray(data), dtype=torch.uint8).reshape(-1, 3073)
    return rows[:, 1:].reshape(-1, 3, 32, 32).float() / 255, rows[:, 0].long()


def fetch(file: RemoteFile, folder: Path) -> bytes:
    """The file's bytes, from the folder if they are there and whole, else downloaded into it.

    Raises:
        DownloadError: offline, or where the digest is not the publisher's.
    """
    path = folder / file.url.rpartition("/")[2]
    if path.is_file() and _md5(data := path.read_bytes()) == file.md5:
        return data
    try:
        with urllib.request.urlopen(file.url, timeout=60) as response:
            data = response.read()
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise DownloadError(
            f"{path.name} could not be downloaded ({reason}); go online once, or use source='digits', which is bundled"
        ) from None
    if _md5(data) != file.md5:
        raise DownloadError(f"{path.name} came damaged (its MD5 digest is another): try again")
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    partial.write_bytes(data)
    partial.replace(path)
    return data


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
