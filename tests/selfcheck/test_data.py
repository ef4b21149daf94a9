"""The data sets: the bundled one, and the download path against small files of the real formats."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
from pathlib import Path

import pytest
import torch

from selfcheck import data
from selfcheck.data import DownloadError, RemoteFile, load_digits


def test_the_bundled_split_is_fixed_and_stratified():
    digits = load_digits()
    assert digits.train_images.shape == (1437, 1, 8, 8) and digits.test_images.shape == (360, 1, 8, 8)
    assert digits.train_images.dtype == torch.float32 and digits.train_labels.dtype == torch.int64
    assert digits.train_images.min() == 0 and digits.train_images.max() == 1
    whole = torch.bincount(torch.cat([digits.train_labels, digits.test_labels]))
    assert ((torch.bincount(digits.test_labels) - whole * 360 / 1797).abs() < 1).all()
    assert torch.equal(load_digits().test_images, digits.test_images)


def test_no_test_image_is_trained_on():
    digits = load_digits()
    trained = {image.numpy().tobytes() for image in digits.train_images}
    # Two people may draw the same 64 pixels; the split itself overlaps nowhere.
    assert sum(image.numpy().tobytes() in trained for image in digits.test_images) <= 2


@pytest.mark.parametrize("size", [8, 12, 28, 32, 33])
def test_sizes(size):
    images = load_digits(size).test_images
    assert images.shape == (360, 1, size, size)
    assert images.min() >= 0 and images.max() <= 1
    assert images.flatten(1).any(1).all()


def test_bad_arguments():
    with pytest.raises(ValueError, match="too small"):
        load_digits(4)
    with pytest.raises(ValueError, match="no source"):
        load_digits(source="svhn")  # type: ignore[arg-type]


def _publish(folder: Path, name: str, content: bytes) -> RemoteFile:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    return RemoteFile((folder / name).as_uri(), hashlib.md5(content).hexdigest())


def _idx(tensor: torch.Tensor) -> bytes:
    header = struct.pack(">HBB", 0, 8, tensor.dim()) + struct.pack(f">{tensor.dim()}I", *tensor.shape)
    return gzip.compress(header + tensor.numpy().tobytes())


@pytest.fixture
def mnist(tmp_path, monkeypatch):
    generator = torch.Generator().manual_seed(0)
    parts = {
        "train_images": torch.randint(0, 256, (6, 28, 28), generator=generator, dtype=torch.uint8),
        "train_labels": torch.arange(6, dtype=torch.uint8),
        "test_images": torch.randint(0, 256, (4, 28, 28), generator=generator, dtype=torch.uint8),
        "test_labels": torch.arange(4, dtype=torch.uint8),
    }
    files = {name: _publish(tmp_path / "web", f"{name}.gz", _idx(part)) for name, part in parts.items()}
    monkeypatch.setattr(data, "MNIST", files)
    return parts


def test_mnist_is_read_and_kept(mnist, tmp_path):
    digits = load_digits(32, "mnist", tmp_path / "cache")
    assert digits.train_images.shape == (6, 1, 32, 32)
    torch.testing.assert_close(digits.train_images[:, 0, 2:30, 2:30], mnist["train_images"].float() / 255)
    assert digits.test_labels.tolist() == [0, 1, 2, 3]
    assert load_digits(8, "mnist", tmp_path / "cache").test_images.shape == (4, 1, 8, 8)
    for file in (tmp_path / "web").iterdir():
        file.unlink()
    assert torch.equal(load_digits(32, "mnist", tmp_path / "cache").train_images, digits.train_images)


def test_a_damaged_cache_is_fetched_again_and_a_damaged_download_refused(mnist, tmp_path):
    load_digits(28, "mnist", tmp_path / "cache")
    (tmp_path / "cache" / "train_images.gz").write_bytes(b"half")
    assert load_digits(28, "mnist", tmp_path / "cache").train_images.shape == (6, 1, 28, 28)
    (tmp_path / "web" / "train_images.gz").write_bytes(b"something else")
    (tmp_path / "cache" / "train_images.gz").unlink()
    with pytest.raises(DownloadError, match="came damaged"):
        load_digits(28, "mnist", tmp_path / "cache")


def test_offline_says_what_to_do(monkeypatch, tmp_path):
    gone = RemoteFile((tmp_path / "nowhere.gz").as_uri(), "0")
    monkeypatch.setattr(data, "MNIST", dict.fromkeys(data.MNIST, gone))
    with pytest.raises(DownloadError, match="source='digits'"):
        load_digits(28, "mnist", tmp_path)


def test_cifar10_is_read(tmp_path, monkeypatch):
    def batch(count: int, seed: int) -> bytes:
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randint(0, 256, (count, 3073), generator=generator, dtype=torch.uint8)
        rows[:, 0] = torch.arange(count) % 10
        return rows.numpy().tobytes()

    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in {
            "data_batch_1": batch(5, 1),
            "data_batch_2": batch(5, 2),
            "test_batch": batch(3, 3),
        }.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}.bin")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    monkeypatch.setattr(data, "CIFAR10", _publish(tmp_path / "web", "cifar.tar.gz", stream.getvalue()))
    images = load_digits(32, "cifar10", tmp_path / "cache")
    assert images.train_images.shape == (10, 3, 32, 32)
    assert images.test_labels.tolist() == [0, 1, 2]
    want = (
        torch.frombuffer(bytearray(batch(3, 3)), dtype=torch.uint8).reshape(3, 3073)[1, 1:].reshape(3, 32, 32)
    )
    torch.testing.assert_close(images.test_images[1], want.float() / 255)
