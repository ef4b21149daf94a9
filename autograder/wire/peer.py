"""One side of the boundary: asks the other side, answers it, and lets autograd run through both.

A call ships its tensors by value. The side that answers keeps the graph; the side that asked gets outputs whose
backward ships the gradient and returns the gradients of the inputs. A gradient with a graph of its own
(`create_graph=True`) is answered by another such graph, so second derivatives cross too.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, Protocol

import torch

from selfcheck.containers import held, holds

from . import messages, tensors, transforms
from .frames import Channel, PeerGone, ProtocolViolation, check_size
from .graphs import KeptGraphs, attach, backward
from .messages import Failure, HandleNode, Reply, Request
from .values import Incoming, Outgoing, gradient_places

Operation = Callable[..., Any]
"""operation(peer, target, *args, **kwargs) -> value"""
_MOST_REQUESTS = 1_000_000
_MOST_DEPTH = 50
_MOST_TEXT = 2000
_MOST_GENERATORS = 10_000
_OBJECTS_BYTES = 32
"""Bytes that Python's objects take for each byte of structure: a list of lists is the worst of them."""


class RemoteError(Exception):
    """The other side's code raised.

    Attributes:
        types: names of the exception's classes, most derived first. message: its text. where: cell and line, if known.
    """

    def __init__(self, types: Sequence[str], message: str, where: str = "") -> None:
        super().__init__(f"{types[0] if types else 'Exception'}: {message}")
        self.types, self.message, self.where = tuple(types), message, where


class Recorder(Protocol):
    """Writes down what a peer asks and is answered, for whoever compares two conversations."""

    def answered(self, op: str, value: Any, changed: Sequence[object], of_data: bool = False) -> None:
        """The other side answered `op`; `changed` are the new values of arguments that it changed in place, and
        "rearranged" where a list or a dictionary is not what it was; `of_data` where tensors were given to it."""

    def raised(self, op: str, types: Sequence[str], message: str) -> None:
        """The other side's code raised."""

    def asked(self, op: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """The other side asked a function of ours."""


class ArgumentChanged(Exception):
    """The other side changed an argument in place although the caller did not allow it."""


class Peer:
    """A side of the boundary.

    Args:
        channel: connects to the other side.
        operations: what the other side may ask of objects exported to it, by name.
        describe: turns an exception of our code into (class names, message, where) for the other side.
        make_handle: makes the local stand-in of an object of the other side; `own_id` must find its id again.
        mirror: whether a change in place of an argument is copied back (True) or raised as `ArgumentChanged`.
        remote_error: makes the exception raised here where the other side's code raised.

    Attributes:
        broken: why nothing can be asked any more, once the other side is gone or has misbehaved.
        allowance: where set, how many bytes of memory the other side may still fill here.
        recorder: where set, is told of every request and its answer.
        before_asking: where set, called before every request with what is asked, its arguments, and whether a gradient
            may flow through it.
        notice: where set, a change in place that may not be is told to it, and the call's answer is used all the same.
    """

    def __init__(
        self,
        channel: Channel,
        operations: dict[str, Operation],
        describe: Callable[[BaseException], tuple[list[str], str, str]],
        make_handle: Callable[[Peer, HandleNode], object],
        mirror: bool = False,
        remote_error: Callable[[Sequence[str], str, str], Exception] = RemoteError,
    ) -> None:
        self.mirror = mirror
        self.broken: PeerGone | ProtocolViolation | None = None
        self.allowance: int | None = None
        self.recorder: Recorder | None = None
        self.before_asking: Callable[[str, Sequence[object], bool], None] | None = None
        self.notice: Callable[[str], None] | None = None
        self._remote_error = remote_error
        self._channel = channel
        self._operations = operations
        self._describe = describe
        self._make_handle = make_handle
        self._sequence = itertools.count(1)
        self._ids = itertools.count(1)
        self._exports: dict[int, object] = {}
        self._export_ids: dict[int, int] = {}
        self._handles: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self._generators: dict[int, tuple[int, torch.Generator]] = {}
        self._generator_ids: weakref.WeakKeyDictionary[torch.Generator, int] = weakref.WeakKeyDictionary()
        self._graphs = KeptGraphs()
        self._released: dict[int, None] = {}  # a set that keeps its order
        self._served = 0
        self._depth = 0

    # Objects -----------------------------------------------------------------------------------------------------

    def export(self, value: object) -> int:
        """The id under which the other side may refer to `value`."""
        known = self._export_ids.get(id(value))
        if known is not None:
            return known
        number = next(self._ids)
        self._exports[number] = value
        self._export_ids[id(value)] = number
        return number

    def exported(self, id: int) -> object:
        if id not in self._exports:
            raise ProtocolViolation("an object that was never given")
        return self._exports[id]

    def own_id(self, value: object) -> int | None:
        if getattr(type(value), "__peer_handle__", False) is not True:
            return None
        peer, number = object.__getattribute__(value, "_peer"), object.__getattribute__(value, "_id")
        if peer is not self:
            raise ValueError("this object belongs to a student process that is gone; make it again")
        return int(number)

    def handle(self, node: HandleNode) -> object:
        handle = self._handles.get(node.id)
        self._released.pop(node.id, None)  # dropped here, but not yet said so
        if handle is None:
            handle = self._handles[node.id] = self._make_handle(self, node)
            weakref.finalize(handle, self._released.setdefault, node.id).atexit = False
        return handle

    def generator_id(self, generator: torch.Generator) -> int:
        return self._generator_ids.setdefault(generator, next(self._ids))

    def generator(self, id: int, seed: int) -> torch.Generator:
        known = self._generators.get(id)
        if known is None or known[0] != seed:  # seeded anew over there
            if len(self._generators) >= _MOST_GENERATORS:
                raise ProtocolViolation("too many generators")
            generator = torch.Generator() if known is None else known[1]
            known = self._generators[id] = seed, generator.manual_seed(seed)
        return known[1]

    # Asking ------------------------------------------------------------------------------------------------------

    def request(self, op: str, target: int, /, *args: object, **kwargs: object) -> Any:
        """Ask the other side to do `op` on its object `target`; its answer, attached to autograd.

        Raises:
            RemoteError (or what `remote_error` makes): its code raised.
            ArgumentChanged: it changed an argument, `mirror` is off and there is no `notice`.
            ProtocolViolation, PeerGone: it misbehaved or is gone.
        """
        if op == "call" and transforms.active():
            return transforms.call(
                lambda *plain, **named: self._ask(op, target, plain, named, True), args, kwargs
            )
        return self._ask(op, target, args, kwargs, torch.is_grad_enabled())

    def _ask(
        self,
        op: str,
        target: int,
        args: Sequence[object],
        kwargs: dict[str, object],
        grad: bool,
        through: Sequence[torch.Tensor] = (),
    ) -> Any:
        """`_exchange`, remembering for good that the other side can no longer be asked."""
        if self.broken is not None:
            raise self.broken
        try:
            return self._exchange(op, target, args, kwargs, grad, through)
        except (PeerGone, ProtocolViolation) as error:
            self.broken = error
            raise

    def _exchange(
        self,
        op: str,
        target: int,
        args: Sequence[object],
        kwargs: dict[str, object],
        grad: bool,
        through: Sequence[torch.Tensor],
    ) -> Any:
        """Send one request and build its answer; `through` are inputs the remote graph already has."""
        outgoing = Outgoing(self, differentiable=grad, snapshots=False)
        nodes = [outgoing.node(arg) for arg in args]
        named = {name: outgoing.node(arg) for name, arg in kwargs.items()}
        if self.before_asking is not None:
            self.before_asking(op, args, bool(outgoing.attached or through) or op == "backward")
        released = list(self._released)
        for number in released:  # a finalizer may have added to it since
            del self._released[number]
        request = Request(next(self._sequence), op, target, nodes, named, grad, released)
        self._channel.send(messages.encode(request), tensors.pack(outgoing.tensors))
        reply, arrived = self._answer(request)
        inputs = [*through, *(outgoing.tensors[place] for place in outgoing.attached)]
        value = self._receive(reply, arrived, inputs)
        if self.recorder is not None:
            changed: list[object] = [arrived[new] for _, new in reply.mutated if new < len(arrived)]
            changed += ["rearranged"] * reply.rearranged
            self.recorder.answered(op, value, changed, of_data=bool(outgoing.tensors))
        self._mirror(reply, arrived, outgoing.tensors)
        return value

    def _answer(self, request: Request) -> tuple[Reply, list[torch.Tensor]]:
        while True:
            structure, data = self._channel.receive()
            self._count(len(data) + _OBJECTS_BYTES * len(structure))
            message = messages.decode(structure)
            if isinstance(message, Request):
                self._serve(message, data)
                continue
            if message.seq != request.seq:
                raise ProtocolViolation("an answer to another question")
            if isinstance(message, Failure):
                if self.recorder is not None:
                    self.recorder.raised(request.op, message.types[:1], message.message[:_MOST_TEXT])
                raise self._remote_error(
                    message.types[:20], message.message[:_MOST_TEXT], message.where[:200]
                )
            return message, tensors.unpack(data)

    def _count(self, size: int) -> None:
        if self.allowance is not None:
            self.allowance -= size
            if self.allowance < 0:
                raise ProtocolViolation("more than was asked for")

    def _receive(self, reply: Reply, arrived: list[torch.Tensor], inputs: list[torch.Tensor]) -> Any:
        places = gradient_places(reply.value)
        if places and (not reply.graph or places[-1] >= len(arrived)):
            raise ProtocolViolation("a gradient without a graph")
        outputs: dict[int, torch.Tensor] = {}
        if places:
            attached = attach(self, reply.graph, [arrived[place] for place in places], inputs)
            outputs = dict(zip(places, attached, strict=True))

        def adopt(place: int, _: torch.Tensor) -> torch.Tensor:
            if place not in outputs:  # such as one hidden in a dictionary's key
                raise ProtocolViolation("a gradient where none can flow")
            return outputs[place]

        return Incoming(self, arrived, adopt).value(reply.value)

    def _mirror(self, reply: Reply, arrived: list[torch.Tensor], sent: list[torch.Tensor]) -> None:
        if len({place for place, _ in reply.mutated}) != len(reply.mutated):  # copying one for ever
            raise ProtocolViolation("an argument changed more than once")
        for place, new in reply.mutated:
            if place >= len(sent) or new >= len(arrived):
                raise ProtocolViolation("a changed argument that was never sent")
            if arrived[new].shape != sent[place].shape or arrived[new].dtype != sent[place].dtype:
                raise ProtocolViolation("a changed argument of another shape")
        if self.mirror:
            with torch.no_grad():
                for place, new in reply.mutated:
                    sent[place].copy_(arrived[new])
        elif reply.mutated:
            self._changed("changed one of the tensors it was given")
        elif reply.rearranged:
            self._changed("changed one of the lists or dictionaries it was given")

    def _changed(self, what: str) -> None:
        if self.notice is None:
            raise ArgumentChanged(what)
        self.notice(what)

    def backward(
        self,
        graph: int,
        gradients: Sequence[torch.Tensor | None],
        accumulate: bool,
        through: Sequence[torch.Tensor] | None = None,
    ) -> list[torch.Tensor | None]:
        """The gradients of a remote graph's inputs, None where there is none.

        Args:
            accumulate: whether the other side's parameters accumulate their gradient.
            through: the graph's inputs, where the gradients shall have a graph of their own (`create_graph`).
        """
        create_graph = through is not None
        asked = [list(gradients), create_graph, accumulate]
        found = self._ask("backward", graph, asked, {}, create_graph, through or ())
        if not isinstance(found, list):
            self.refuse("gradients that are no list")
        return list(found)

    def refuse(self, why: str) -> NoReturn:
        """End the conversation: what came is not what was asked for. Raises ProtocolViolation."""
        self.broken = ProtocolViolation(why)
        raise self.broken

    def release_graph(self, graph: int) -> None:
        """Tell the other side, with the next request, that a graph of its is no longer needed."""
        self._released.setdefault(graph)

    # Answering ---------------------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Answer requests until the other side is gone (PeerGone)."""
        while True:
            structure, data = self._channel.receive()
            message = messages.decode(structure)
            if not isinstance(message, Request):
                raise ProtocolViolation("an answer nobody asked for")
            self._serve(message, data)

    def _serve(self, request: Request, data: bytearray) -> None:
        self._served += 1
        if self._served > _MOST_REQUESTS or self._depth >= _MOST_DEPTH:
            raise ProtocolViolation("too many requests")
        self._depth += 1
        try:
            arrived = tensors.unpack(data, as_views=True)
            try:
                reply, outgoing = self._perform(request, arrived, data)
                frame = messages.encode(reply), tensors.pack(outgoing.tensors)
                check_size(*frame)
            except (ProtocolViolation, PeerGone):
                raise
            except BaseException as error:  # whatever our code raised, SystemExit too, is the answer
                frame = self._failure(request.seq, error), b""
            self._channel.send(*frame)
        finally:
            self._depth -= 1

    def _failure(self, seq: int, error: BaseException) -> bytes:
        try:
            types, message, where = self._describe(error)
            return messages.encode(
                Failure(seq, [name[:200] for name in types[:20]], message[:_MOST_TEXT], where[:200])
            )
        except Exception:  # an exception made so that it cannot be described
            return messages.encode(Failure(seq, ["Exception"], ""))

    def _perform(
        self, request: Request, arrived: list[torch.Tensor], data: bytearray
    ) -> tuple[Reply, Outgoing]:
        for number in request.release:
            self._forget(number)
        if request.op == "backward":
            return self._backward(request, arrived)
        operation = self._operations.get(request.op)
        if operation is None:
            raise ProtocolViolation("an operation that does not exist")
        inputs: list[torch.Tensor] = []

        def adopt(_: int, tensor: torch.Tensor) -> torch.Tensor:
            inputs.append(tensor.requires_grad_())
            return tensor

        incoming = Incoming(self, arrived, adopt)
        args = [incoming.value(arg) for arg in request.args]
        kwargs = {name: incoming.value(arg) for name, arg in request.kwargs.items()}
        if self.recorder is not None:
            self.recorder.asked(request.op, args, kwargs)
        versions = [tensor._version for tensor in arrived]
        before = held([*args, *kwargs.values()])
        with torch.set_grad_enabled(request.grad):
            value = operation(self, self.exported(request.target), *args, **kwargs)
        # The version counter misses what is written through .data, a detached view or numpy; the frame still has the
        # bytes that came.
        changed = tensors.changed(data, arrived)
        changed |= {place for place, tensor in enumerate(arrived) if tensor._version != versions[place]}
        rearranged = any(not holds(container, items) for container, items in before)
        return self._reply(
            request, value, inputs, [(place, arrived[place]) for place in sorted(changed)], rearranged
        )

    def _reply(
        self,
        request: Request,
        value: object,
        inputs: list[torch.Tensor],
        changed: list[tuple[int, torch.Tensor]],
        rearranged: bool,
    ) -> tuple[Reply, Outgoing]:
        outgoing = Outgoing(self, differentiable=request.grad, snapshots=True)
        node = outgoing.node(value)
        graph = 0
        if outgoing.attached:
            graph = next(self._ids)
            outputs = [outgoing.tensors[place] for place in sorted(outgoing.attached)]
            self._graphs.keep(graph, inputs, outputs)
        mutated = []
        for place, tensor in changed:
            mutated.append((place, len(outgoing.tensors)))
            outgoing.tensors.append(tensor)
        return Reply(request.seq, node, graph, mutated, rearranged), outgoing

    def _backward(self, request: Request, arrived: list[torch.Tensor]) -> tuple[Reply, Outgoing]:
        inputs, outputs = self._graphs.find(request.target)
        if len(request.args) != 3:
            raise ProtocolViolation("gradients that do not fit the outputs")
        seeds: list[torch.Tensor] = []

        def adopt(_: int, tensor: torch.Tensor) -> torch.Tensor:
            seeds.append(tensor.requires_grad_())
            return tensor

        gradients, create_graph, accumulate = (
            Incoming(self, arrived, adopt).value(arg) for arg in request.args
        )
        if self.recorder is not None:
            self.recorder.asked("backward", [gradients], {})
        found = backward(inputs, outputs, gradients, create_graph, accumulate)
        return self._reply(request, found, [*inputs, *seeds] if create_graph else [], [], False)

    def _forget(self, number: int) -> None:
        self._graphs.forget(number)
        value = self._exports.pop(number, None)
        if value is not None:
            self._export_ids.pop(id(value), None)
