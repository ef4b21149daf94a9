"""Frames over an inherited stream socket: a fixed header, a structure (msgpack), tensors (safetensors), all capped."""

from __future__ import annotations

import socket
import struct
import time

MAGIC = b"DLW1"
HEADER = struct.Struct("<4sIQ")
STRUCTURE_CAP = 16 << 20
"""Most bytes of structure in one frame."""
TENSORS_CAP = 256 << 20
"""Most bytes of tensors in one frame; while it is read, a grader holds it about three times."""
_CHUNK = 1 << 20


def check_size(structure: bytes, tensors: bytes) -> None:
    """ValueError where a frame is over a cap."""
    for part, cap in ((structure, STRUCTURE_CAP), (tensors, TENSORS_CAP)):
        if len(part) > cap:
            raise ValueError(
                f"a value of {len(part) >> 20} MiB is too large to cross (at most {cap >> 20} MiB)"
            )


class ProtocolViolation(Exception):
    """The other side sent what the protocol does not allow."""


class PeerGone(Exception):
    """The other side closed the connection or its process ended."""


class Silence(PeerGone):
    """Nothing came within the time the channel waits at most."""


class Channel:
    """One end of a stream socket that carries whole frames.

    Args:
        sock: a connected stream socket; owned by the channel from here on.
        patience: seconds `receive` waits for bytes before it raises `Silence`; None waits for ever.
    """

    def __init__(self, sock: socket.socket, patience: float | None = None) -> None:
        self.waited = 0.0
        """Seconds spent in `receive` so far."""
        self.waiting = False
        """True while `send` or `receive` waits for the other side now; other threads may look."""
        self._sock = sock
        sock.settimeout(patience)

    def fileno(self) -> int:
        return self._sock.fileno()

    def close(self) -> None:
        self._sock.close()

    def send(self, structure: bytes, tensors: bytes) -> None:
        """Send one frame.

        Raises:
            ValueError: the frame is over a cap; nothing was sent.
            PeerGone: the other side is gone.
        """
        check_size(structure, tensors)
        self.waiting = True
        try:
            self._sock.sendall(HEADER.pack(MAGIC, len(structure), len(tensors)) + structure)
            if tensors:
                self._sock.sendall(tensors)
        except TimeoutError as error:
            raise Silence("the other side stopped reading") from error
        except OSError as error:
            raise PeerGone("the connection is closed") from error
        finally:
            self.waiting = False

    def receive(self) -> tuple[bytes, bytearray]:
        """The next frame's structure and tensors.

        Raises:
            ProtocolViolation: bad magic, or a length over its cap.
            PeerGone: closed, also in the middle of a frame. Silence: nothing came in time.
        """
        start = time.perf_counter()
        self.waiting = True
        try:
            return self._frame()
        finally:
            self.waiting = False
            self.waited += time.perf_counter() - start

    def _frame(self) -> tuple[bytes, bytearray]:
        magic, structure_size, tensors_size = HEADER.unpack(self._exactly(HEADER.size))
        if magic != MAGIC:
            raise ProtocolViolation("not a frame")
        if structure_size > STRUCTURE_CAP or tensors_size > TENSORS_CAP:
            raise ProtocolViolation("frame over the size cap")
        return bytes(self._exactly(structure_size)), self._exactly(tensors_size)

    def _exactly(self, size: int) -> bytearray:
        # Grow with what arrives: a header may promise more than its sender ever sends.
        data = bytearray()
        while len(data) < size:
            try:
                chunk = self._sock.recv(min(size - len(data), _CHUNK))
            except TimeoutError as error:
                raise Silence("no answer in time") from error
            except OSError as error:
                raise PeerGone("the connection is closed") from error
            if not chunk:
                raise PeerGone("the connection is closed")
            data += chunk
        return data
