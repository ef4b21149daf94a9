"""The messages of the protocol as typed, tagged structures; decoding one validates it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from .frames import ProtocolViolation

MOST_ITEMS = 100_000
"""Most items of one list, tuple or dict."""
MOST_DIGITS = 3000
"""Most hexadecimal digits of an integer; Python would not print one of more than 4300 decimal digits."""
Name = Annotated[str, msgspec.Meta(max_length=200)]
Index = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]


class Node(msgspec.Struct, frozen=True, tag_field="t", array_like=True):
    """Base of everything that is not a plain scalar."""


class TensorNode(Node, frozen=True, tag="T"):
    """A tensor by value: its place in the frame's tensors, and whether a gradient can flow back through it."""

    index: Index
    grad: bool = False


class ParameterNode(Node, frozen=True, tag="P"):
    """A leaf parameter's snapshot with the gradient it has accumulated."""

    index: Index
    grad: bool
    accumulated: Index | None = None


class MetaNode(Node, frozen=True, tag="M"):
    """A tensor on the meta device: dtype and shape, no values."""

    dtype: Name
    shape: list[Index]
    parameter: bool = False


class ListNode(Node, frozen=True, tag="L"):
    items: Annotated[list[Value], msgspec.Meta(max_length=MOST_ITEMS)]


class TupleNode(Node, frozen=True, tag="U"):
    items: Annotated[list[Value], msgspec.Meta(max_length=MOST_ITEMS)]


class DictNode(Node, frozen=True, tag="D"):
    items: Annotated[list[tuple[Value, Value]], msgspec.Meta(max_length=MOST_ITEMS)]


class HandleNode(Node, frozen=True, tag="H"):
    """An object that stays on the sender's side; `kind` is function, class, module, iterator or instance."""

    id: Index
    kind: Name
    type_name: Name


class OwnNode(Node, frozen=True, tag="O"):
    """An object that lives on the receiver's side, sent back to it."""

    id: Index


class GeneratorNode(Node, frozen=True, tag="G"):
    """A torch.Generator: the same id is the same generator, seeded once."""

    id: Index
    seed: Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]


class DtypeNode(Node, frozen=True, tag="Y"):
    name: Name


class BigNode(Node, frozen=True, tag="I"):
    """An integer of more than 63 bits, in hexadecimal."""

    digits: Annotated[str, msgspec.Meta(max_length=MOST_DIGITS + 3, pattern="^-?0x[0-9a-f]+$")]


Value = (
    None
    | bool
    | int
    | float
    | str
    | TensorNode
    | ParameterNode
    | MetaNode
    | ListNode
    | TupleNode
    | DictNode
    | HandleNode
    | OwnNode
    | GeneratorNode
    | DtypeNode
    | BigNode
)


class Request(msgspec.Struct, frozen=True, tag="request", array_like=True):
    """Do `op` on `target`; every request is answered by one Reply or Failure of the same `seq`."""

    seq: Index
    op: Name
    target: Index
    args: list[Value] = []
    kwargs: dict[Name, Value] = {}
    grad: bool = True
    """True where autograd records on the caller's side."""
    release: list[Index] = []
    """Handles and graphs the sender no longer needs."""


class Reply(msgspec.Struct, frozen=True, tag="reply", array_like=True):
    seq: Index
    value: Value = None
    graph: Index = 0
    """Id to send gradients to, 0 where nothing is differentiable."""
    mutated: list[tuple[Index, Index]] = []
    """Argument tensors changed in place: (place in the request's tensors, place of the new values in this frame)."""
    rearranged: bool = False
    """True where a list or dictionary among the arguments no longer holds what it held."""


class Failure(msgspec.Struct, frozen=True, tag="failure", array_like=True):
    seq: Index
    types: list[Name]
    """Names of the exception's classes, most derived first."""
    message: str
    where: str = ""


Message = Request | Reply | Failure

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    return _encoder.encode(message)


def decode(structure: bytes) -> Message:
    """The message in a frame's structure; ProtocolViolation where it is none."""
    try:
        return _decoder.decode(structure)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, OverflowError, ValueError) as error:
        raise ProtocolViolation("malformed message") from error
