"""Whatever the other side sends, the grader ends with a ProtocolViolation or PeerGone: no other error, no hang."""

from __future__ import annotations

import contextlib
import gc
import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from autograder.wire import messages
from autograder.wire.frames import (
    HEADER,
    MAGIC,
    STRUCTURE_CAP,
    TENSORS_CAP,
    Channel,
    PeerGone,
    ProtocolViolation,
)
from autograder.wire.messages import (
    BigNode,
    DictNode,
    DtypeNode,
    Failure,
    GeneratorNode,
    HandleNode,
    ListNode,
    MetaNode,
    OwnNode,
    ParameterNode,
    Reply,
    Request,
    TensorNode,
    TupleNode,
    Value,
)
from autograder.wire.tensors import pack, unpack
from selfcheck.errors import StudentError

from .conftest import Pair, grader

Script = Callable[[Channel], None]
"""What the other side does with its end."""


def frame(structure: bytes, data: bytes = b"") -> bytes:
    return HEADER.pack(MAGIC, len(structure), len(data)) + structure + data


def raw_tensors(header: object, data: bytes = b"") -> bytes:
    """Tensors' bytes with a header as one likes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def against(script: Script, ask: Callable[[Pair], Any], patience: float = 5.0) -> Any:
    """What `ask` gets while the other side follows its script and then hangs up."""
    ours, theirs = socket.socketpair()

    def play() -> None:
        try:
            script(Channel(theirs, patience))
        except (PeerGone, ProtocolViolation, OSError):
            pass
        finally:
            theirs.close()

    thread = threading.Thread(target=play, daemon=True)
    thread.start()
    try:
        return ask(grader(ours, patience))
    finally:
        ours.close()
        thread.join(patience)
        assert not thread.is_alive()


def call(pair: Pair, *args: object) -> Any:
    return pair.peer.request("call", 1, *args)


def answering(*replies: tuple[object, bytes]) -> Script:
    """Answers each request with a message (or bytes) made beforehand."""

    def script(channel: Channel) -> None:
        for message, data in replies:
            channel.receive()
            structure = message if isinstance(message, bytes) else msgspec.msgpack.encode(message)
            channel._sock.sendall(frame(structure, data))

    return script


def refused(script: Script, ask: Callable[[Pair], Any] = call) -> None:
    """The grader gives up on the other side, quickly, and stays given up."""

    def asking(pair: Pair) -> None:
        with pytest.raises((ProtocolViolation, PeerGone)):
            ask(pair)
        assert pair.peer.broken is not None
        with pytest.raises((ProtocolViolation, PeerGone)):
            call(pair)

    start = time.monotonic()
    against(script, asking)
    assert time.monotonic() - start < 10


# Bytes -----------------------------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
def test_random_bytes(data: bytes) -> None:
    refused(lambda channel: channel._sock.sendall(data))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=120), st.binary(max_size=120))
def test_random_structure_and_tensors_in_a_whole_frame(structure: bytes, data: bytes) -> None:
    refused(answering((structure, data)))


def whole() -> bytes:
    value = DictNode([("a", ListNode([TensorNode(0), True, 1.5, ParameterNode(0, True, 1)]))])
    return frame(messages.encode(Reply(1, value)), pack([torch.ones(3), torch.zeros(3)]))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_good_frame_with_bytes_changed_or_cut_off(draw: st.DataObject) -> None:
    data = bytearray(whole())
    for _ in range(draw.draw(st.integers(0, 4))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    del data[draw.draw(st.integers(0, len(data))) :]

    def ask(pair: Pair) -> None:
        with contextlib.suppress(ProtocolViolation, PeerGone, StudentError):
            call(pair)

    against(lambda channel: channel._sock.sendall(data), ask)


@pytest.mark.parametrize("sizes", [(STRUCTURE_CAP + 1, 0), (0, TENSORS_CAP + 1), (2**32 - 1, 2**64 - 1)])
def test_an_oversized_frame_is_refused_by_its_header(sizes: tuple[int, int]) -> None:
    refused(lambda channel: channel._sock.sendall(HEADER.pack(MAGIC, *sizes)))


def test_a_header_that_promises_much_costs_no_memory() -> None:
    tracemalloc.start()
    refused(
        lambda channel: channel._sock.sendall(HEADER.pack(MAGIC, STRUCTURE_CAP, TENSORS_CAP) + b"x" * 1000)
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_silence_ends() -> None:
    ours, theirs = socket.socketpair()
    with theirs, pytest.raises(PeerGone):
        call(grader(ours, 0.2))
    ours.close()


def test_somebody_who_stops_reading() -> None:
    ours, theirs = socket.socketpair()
    with theirs, pytest.raises(PeerGone):
        call(grader(ours, 0.2), torch.zeros(1 << 20))
    ours.close()


# Messages ----------------------------------------------------------------------------------------------------------

ONE = pack([torch.ones(3)])


def deep(levels: int) -> Value:
    value: Value = 1
    for _ in range(levels):
        value = ListNode([value])
    return value


def deep_bytes(levels: int) -> bytes:
    return b"\x95\xa5reply\x01" + b"\x92\xa1L\x91" * levels + b"\x01\x00\x90"


MALFORMED: dict[str, tuple[object, bytes]] = {
    "wrong seq": (Reply(2), b""),
    "seq 0": (Reply(0), b""),
    "failure for another": (Failure(7, ["ValueError"], "x"), b""),
    "unknown operation": (Request(1, "getattr", 1, ["__class__"]), b""),
    "no such object": (Request(1, "call", 1), b""),
    "run a cell here": (Request(1, "run_cell", 1, ["1/0", "x"]), b""),
    "forged graph": (Request(1, "backward", 1, [ListNode([None]), False]), b""),
    "gradient without graph": (Reply(1, TensorNode(0, True)), ONE),
    "gradient of nothing": (Reply(1, TensorNode(5, True), 3), ONE),
    "gradient through integers": (Reply(1, TensorNode(0, True), 3), pack([torch.ones(3, dtype=torch.int64)])),
    "parameter of integers": (Reply(1, ParameterNode(0, True)), pack([torch.ones(3, dtype=torch.int64)])),
    "gradient of another shape": (Reply(1, ParameterNode(0, True, 1)), pack([torch.ones(3), torch.ones(4)])),
    "gradient of another dtype": (
        Reply(1, ParameterNode(0, True, 1)),
        pack([torch.ones(3), torch.ones(3).double()]),
    ),
    "no such tensor": (Reply(1, TensorNode(1)), ONE),
    "tensor without tensors": (Reply(1, TensorNode(0)), b""),
    "an own object never given": (Reply(1, OwnNode(1)), b""),
    "dtype that is none": (Reply(1, DtypeNode("nn")), b""),
    "dtype that torch would load": (Reply(1, DtypeNode("_inductor")), b""),
    "dtype with dots": (Reply(1, DtypeNode("nn.Module")), b""),
    "meta of a huge shape": (Reply(1, MetaNode("float32", [2**40, 2**40])), b""),
    "empty meta of a huge shape": (Reply(1, MetaNode("float32", [0, 2**53, 2**53])), b""),
    "meta of many dimensions": (Reply(1, MetaNode("float32", [1] * 1000)), b""),
    "meta of a strange dtype": (Reply(1, MetaNode("storage", [1])), b""),
    "key is a list": (Reply(1, DictNode([(ListNode([]), 1)])), b""),
    "key is a tensor": (Reply(1, DictNode([(TensorNode(0), 1)])), ONE),
    "keys whose hashes are equal": (
        Reply(1, DictNode([(BigNode(hex(i * (2**61 - 1))), 1) for i in range(10, 50_000)])),
        b"",
    ),
    "many tuples as keys": (Reply(1, DictNode([(TupleNode([i]), 1) for i in range(50_000)])), b""),
    "gradient through a key": (Reply(1, DictNode([(TupleNode([TensorNode(0, True)]), 1)])), ONE),
    "key holds a list": (Reply(1, DictNode([(TupleNode([ListNode([])]), 1)])), b""),
    "nested too deep": (Reply(1, deep(100)), b""),
    "too many parts": (Reply(1, ListNode([ListNode([ListNode([])] * 400)] * 400)), b""),
    "nested far too deep": (deep_bytes(100_000), b""),
    "changed what was not sent": (Reply(1, None, 0, [(0, 0)]), ONE),
    "integer without digits": (Reply(1, BigNode("0x")), b""),
    "integer of too many digits": (Reply(1, BigNode("0x" + "f" * 100_000)), b""),
    "name too long": (Reply(1, HandleNode(2, "x" * 1000, "y")), b""),
    "negative index": (Reply(1, TensorNode(-1)), ONE),
    "not a message": ([1, 2, 3], b""),
    "an object": ({"a": 1}, b""),
    "tensors are no safetensors": (Reply(1, TensorNode(0)), b"\xff" * 100),
    "tensors are numbered wrongly": (
        Reply(1),
        raw_tensors({"1": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, b"1234"),
    ),
    "fewer bytes than the shape": (
        Reply(1),
        raw_tensors({"0": {"dtype": "F32", "shape": [10**9], "data_offsets": [0, 4]}}, b"1234"),
    ),
    "shape whose product overflows": (
        Reply(1),
        raw_tensors({"0": {"dtype": "F32", "shape": [2**32, 2**32, 2**32], "data_offsets": [0, 0]}}),
    ),
    "empty shape that overflows": (
        Reply(1),
        raw_tensors({"0": {"dtype": "F32", "shape": [0, 2**63 - 1, 5], "data_offsets": [0, 0]}}),
    ),
    "dtype of another kind": (
        Reply(1),
        raw_tensors({"0": {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]}}, b"1234"),
    ),
    "too many dimensions": (
        Reply(1),
        raw_tensors({"0": {"dtype": "F32", "shape": [1] * 500, "data_offsets": [0, 4]}}, b"1234"),
    ),
    "a header of many empty tensors": (
        Reply(1),
        raw_tensors({str(i): {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(60_000)}),
    ),
    "a header longer than the frame": (Reply(1), (2**62).to_bytes(8, "little") + b"{}"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_answer(name: str) -> None:
    refused(answering(MALFORMED[name]))


def test_an_answer_given_twice_is_no_answer_to_the_next_question() -> None:
    def script(channel: Channel) -> None:
        channel.receive()
        channel._sock.sendall(frame(messages.encode(Reply(1, 1))) * 2)
        channel.receive()

    def ask(pair: Pair) -> None:
        assert call(pair) == 1
        call(pair)

    refused(script, ask)


def test_answers_in_the_wrong_order() -> None:
    refused(answering((Reply(2, 1), b""), (Reply(1, 1), b"")))


def test_a_changed_argument_must_keep_its_shape_and_dtype() -> None:
    for wrong in (torch.ones(4), torch.ones(3, dtype=torch.float64)):
        refused(
            answering((Reply(1, None, 0, [(0, 0)]), pack([wrong]))), lambda pair: call(pair, torch.zeros(3))
        )


@pytest.mark.parametrize(
    "found",
    [
        None,
        1,
        ListNode([]),
        ListNode([TensorNode(0), TensorNode(0)]),
        ListNode([3]),
        ListNode([TensorNode(1)]),
        ListNode([TensorNode(2)]),
        TupleNode([TensorNode(0)]),
    ],
    ids=["none", "number", "too few", "too many", "not a tensor", "shape", "dtype", "tuple"],
)
def test_gradients_that_do_not_fit(found: Value) -> None:
    data = pack([torch.ones(3), torch.ones(4), torch.ones(3).double()])
    script = answering((Reply(1, TensorNode(0, True), 9), ONE), (Reply(2, found), data))

    def ask(pair: Pair) -> None:
        call(pair, torch.zeros(3, requires_grad=True)).sum().backward()

    def asking(pair: Pair) -> None:
        with pytest.raises((ProtocolViolation, PeerGone)):
            ask(pair)
        assert pair.peer.broken is not None, "what is no gradient ends the conversation"

    against(script, asking)


@pytest.mark.parametrize(
    ("node", "ask"),
    [
        (1, lambda pair: list(pair.student)),
        (ListNode([]), lambda pair: list(iter(pair.student))),
        (-5, lambda pair: len(pair.student)),
        ("3", lambda pair: len(pair.student)),
        (True, lambda pair: len(pair.student)),
        (2**62, lambda pair: len(pair.student)),
        (BigNode("0x" + "f" * 40), lambda pair: list(pair.student)),
        (5, lambda pair: pair.student.parameters()),
    ],
    ids=["iterator", "list", "negative", "text", "bool", "long", "longer", "parameters"],
)
def test_an_answer_of_the_wrong_kind(node: Value, ask: Callable[[Pair], Any]) -> None:
    def script(channel: Channel) -> None:
        for seq in (1, 2):
            channel.receive()
            channel._sock.sendall(frame(messages.encode(Reply(seq, node))))

    def asking(pair: Pair) -> None:
        with pytest.raises((ProtocolViolation, PeerGone)):
            ask(pair)
        assert pair.peer.broken is not None

    against(script, asking)


def given_callback(*requests: tuple[Request, bytes]) -> Script:
    """Uses the function it was given: object 1 of the grader's."""

    def script(channel: Channel) -> None:
        channel.receive()
        for request, data in requests:
            channel._sock.sendall(frame(messages.encode(request), data))
            channel.receive()

    return script


@pytest.mark.parametrize(
    "requests",
    [
        [Request(1, "getattr", 1, ["__globals__"])],
        [Request(1, "listed", 1, ["parameters"])],
        [Request(1, "backward", 1, [ListNode([TensorNode(0)]), False])],
        [Request(1, "call", 1, [TensorNode(0, True)]), Request(2, "backward", 2, [ListNode([]), False])],
        [
            Request(1, "call", 1, [TensorNode(0, True)]),
            Request(2, "backward", 2, [ListNode([TensorNode(1)]), False]),
        ],
        [Request(1, "call", 1, [TensorNode(0, True)]), Request(2, "backward", 2, [])],
        [Request(1, "call", 1, [TensorNode(0)], {}, True, [1]), Request(2, "call", 1, [TensorNode(0)])],
    ],
    ids=["attribute", "list", "graph", "too few", "shape", "arguments", "released"],
)
def test_a_callback_misused(requests: list[Request]) -> None:
    data = pack([torch.ones(3), torch.ones(4)])
    refused(
        given_callback(*((request, data) for request in requests)),
        lambda pair: call(pair, lambda x: x * 2),
    )


def test_a_callback_gets_any_arguments_and_only_fails() -> None:
    data = pack([torch.ones(3, dtype=torch.bool)])

    def script(channel: Channel) -> None:
        channel.receive()
        hostile: list[Any] = [[], ["x"], [TensorNode(0), 1], [DictNode([])], [MetaNode("float32", [10**12])]]
        for seq, args in enumerate(hostile, start=1):
            channel._sock.sendall(frame(messages.encode(Request(seq, "call", 1, args, {"peer": 1})), data))
            answer = messages.decode(channel.receive()[0])
            assert isinstance(answer, Failure) and "secret" not in answer.message
        channel._sock.sendall(frame(messages.encode(Reply(1, "done"))))
        channel.receive()

    def secret(x: Tensor) -> Tensor:
        return x + torch.ones(3)

    assert against(script, lambda pair: call(pair, secret)) == "done"


def test_endless_callbacks_within_callbacks_end() -> None:
    def script(channel: Channel) -> None:
        while True:
            structure, _ = channel.receive()
            message = messages.decode(structure)
            assert isinstance(message, Request)
            channel._sock.sendall(frame(messages.encode(Request(1, "call", 1, []))))

    def ask(pair: Pair) -> None:
        def again() -> Any:
            return call(pair, 1)

        call(pair, again)

    refused(script, ask)


def test_graphs_kept_through_a_callback_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.wire.graphs.MOST_KEPT", 1 << 20)

    def script(channel: Channel) -> None:
        channel.receive()
        data = pack([torch.ones(10_000)])
        for seq in range(1, 1000):
            channel._sock.sendall(
                frame(messages.encode(Request(seq, "call", 1, [TensorNode(0, True)])), data)
            )
            channel.receive()

    refused(script, lambda pair: call(pair, lambda x: x * 2))


def test_answers_that_never_end_are_bounded() -> None:
    def script(channel: Channel) -> None:
        for seq in range(1, 1000):
            channel.receive()
            channel._sock.sendall(
                frame(messages.encode(Reply(seq, TensorNode(0))), pack([torch.ones(10_000)]))
            )

    def collect(pair: Pair) -> None:
        pair.peer.allowance = 1 << 20
        while True:
            call(pair)

    refused(script, collect)


def test_answers_without_a_tensor_are_bounded_too() -> None:
    def script(channel: Channel) -> None:
        for seq in range(1, 1000):
            channel.receive()
            channel._sock.sendall(frame(messages.encode(Reply(seq, ListNode([ListNode([])] * 1000)))))

    def collect(pair: Pair) -> None:
        pair.peer.allowance = 1 << 20
        while True:
            call(pair)

    refused(script, collect)


def test_many_handles_dropped_at_once_cost_no_time() -> None:
    data = [
        Request(seq, "call", 1, [ListNode([HandleNode(seq * 50_000 + i, "", "") for i in range(50_000)])])
        for seq in (1, 2)
    ]

    def script(channel: Channel) -> None:
        channel.receive()
        for request in data:
            channel._sock.sendall(frame(messages.encode(request)))
            channel.receive()
        channel._sock.sendall(frame(messages.encode(Reply(1, "done"))))
        channel.receive()

    gc.freeze()  # what other tests left in this process must not be walked through again and again
    try:
        start = time.process_time()
        assert against(script, lambda pair: call(pair, len)) == "done"
        assert time.process_time() - start < 15
    finally:
        gc.unfreeze()


def test_an_argument_changes_once_an_answer() -> None:
    def ask(pair: Pair) -> None:
        pair.peer.mirror = True
        call(pair, torch.zeros(3))

    refused(answering((Reply(1, None, 0, [(0, 0), (0, 0)]), ONE)), ask)


def test_generators_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.wire.peer._MOST_GENERATORS", 50)
    refused(answering((Reply(1, ListNode([GeneratorNode(i, 0) for i in range(100)])), b"")))


# Structures that decode ----------------------------------------------------------------------------------------------

indices = st.integers(0, 3)
nodes = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(),
        st.text(max_size=3),
        st.builds(TensorNode, indices, st.booleans()),
        st.builds(ParameterNode, indices, st.booleans(), st.one_of(st.none(), indices)),
        st.builds(
            MetaNode, st.sampled_from(["float32", "int64", "x"]), st.lists(st.integers(0, 2**53), max_size=4)
        ),
        st.builds(HandleNode, indices, st.text(max_size=3), st.text(max_size=3)),
        st.builds(OwnNode, indices),
        st.builds(GeneratorNode, indices, st.integers(-(2**63), 2**63 - 1)),
        st.builds(DtypeNode, st.sampled_from(["float32", "nn", "a.b", "__doc__", ""])),
        st.builds(BigNode, st.sampled_from(["0x1", "-0xff", "0x"])),
    ),
    lambda inner: st.one_of(
        st.builds(ListNode, st.lists(inner, max_size=3)),
        st.builds(TupleNode, st.lists(inner, max_size=3)),
        st.builds(DictNode, st.lists(st.tuples(inner, inner), max_size=3)),
    ),
    max_leaves=8,
)
some_tensors = st.lists(
    st.sampled_from([torch.ones(3), torch.ones(3, dtype=torch.int64), torch.ones(()), torch.ones(0, 2)]),
    max_size=4,
)
some_messages = st.one_of(
    st.builds(Reply, st.integers(1, 2), nodes, indices, st.lists(st.tuples(indices, indices), max_size=2)),
    st.builds(Failure, st.integers(1, 2), st.lists(st.text(max_size=3), max_size=3), st.text(max_size=5)),
    st.builds(
        Request,
        indices,
        st.sampled_from(["call", "backward", "getattr", "x"]),
        st.integers(0, 2),
        st.lists(nodes, max_size=3),
        st.dictionaries(st.text(max_size=3), nodes, max_size=2),
        st.booleans(),
        st.lists(indices, max_size=2),
    ),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(some_messages, some_tensors), min_size=1, max_size=4), st.booleans())
def test_any_well_formed_messages_in_any_order(script: list[tuple[Any, list[Tensor]]], mirror: bool) -> None:
    frames = b"".join(frame(messages.encode(message), pack(list(tensors))) for message, tensors in script)

    def play(channel: Channel) -> None:
        channel._sock.sendall(frames)
        channel._sock.shutdown(socket.SHUT_WR)
        while True:
            channel.receive()

    def ask(pair: Pair) -> None:
        pair.peer.mirror = mirror
        x = torch.zeros(3, requires_grad=True)
        try:
            value = call(pair, x.detach().clone(), x * 1, lambda t: t * 2)
            if isinstance(value, Tensor) and value.requires_grad:
                value.sum().backward()
        except (ProtocolViolation, PeerGone, StudentError):
            pass
        except Exception as error:
            assert type(error).__name__ == "ArgumentChanged" and not mirror, repr(error)

    against(play, ask)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_unpacking_any_bytes_gives_tensors_or_a_violation(data: bytes) -> None:
    with contextlib.suppress(ProtocolViolation):
        assert all(type(tensor) is Tensor for tensor in unpack(bytearray(data)))


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < 60
