"""Exceptions of Python's and PyTorch's own, whose text a student may be shown.

A student's code has seen hidden inputs when it raises, and may write what it likes into an exception. So a text is
shown only if it is one of the sentences below, word for word, with its blanks filled by what tells nobody an input:

- sizes, at most `_MOST_SIZES` integers of at most six digits. They are shapes and places, which the student's own code
  decides and could show in the shape of what it returns, which is told already;
- names that stand in the submitted cells, and types and dtypes of Python's and PyTorch's.

Numbers that a model computes (floats, longer integers) have no blank.
"""

# ruff: noqa: E501  (a sentence is read, and searched for, in one piece)

from __future__ import annotations

import builtins
import functools
import re
from collections.abc import Collection

import torch

_MOST_SIZES = 16
_BLANKS = {
    "n": r"-?\d{1,6}",
    "shape": r"\[(?:-?\d{1,6}(?:, -?\d{1,6})*)?\]",
    "product": r"\d{1,6}(?:x\d{1,6})+",
    "name": r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*",
    "type": r"[A-Za-z_.]+",
    "op": r"[-+*/@%&|^<>=]{1,3}|\*\* or pow\(\)",
    "names": r"'\w+'(?:(?:, | and |, and )'\w+')*",
}
_SENTENCES = {
    "RuntimeError": (
        "The size of tensor a ({n}) must match the size of tensor b ({n}) at non-singleton dimension {n}",
        "mat1 and mat2 shapes cannot be multiplied ({product} and {product})",
        "mat1 and mat2 must have the same dtype, but got {type} and {type}",
        "expected m1 and m2 to have the same dtype, but got: {type} != {type}",
        "size mismatch, got input ({n}), mat ({product}), vec ({n})",
        "shape '{shape}' is invalid for input of size {n}",
        "Given groups={n}, weight of size {shape}, expected input{shape} to have {n} channels, but got {n} channels instead",
        "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: {shape}",
        "Calculated padded input size per channel: ({n} x {n}). Kernel size: ({n} x {n}). Kernel size can't be greater than actual input size",
        "Sizes of tensors must match except in dimension {n}. Expected size {n} but got size {n} for tensor number {n} in the list.",
        "Tensors must have same number of dimensions: got {n} and {n}",
        "stack expects each tensor to be equal size, but got {shape} at entry {n} and {shape} at entry {n}",
        "The expanded size of the tensor ({n}) must match the existing size ({n}) at non-singleton dimension {n}.  Target sizes: {shape}.  Tensor sizes: {shape}",
        "output with shape {shape} doesn't match the broadcast shape {shape}",
        "view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead.",
        "number of dims don't match in permute",
        "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired ordering of dimensions i.e. input.dim() = {n} is not equal to len(dims) = {n}",
        "expand({type}{{shape}}, size={shape}): the number of sizes provided ({n}) must be greater or equal to the number of dimensions in the tensor ({n})",
        "start ({n}) + length ({n}) exceeds dimension size ({n}).",
        "expected scalar type {type} but found {type}",
        "expected {type} but found {type}",
        "Input type ({type}) and bias type ({type}) should be the same",
        "Input type ({type}) and weight type ({type}) should be the same",
        "result type {type} can't be cast to the desired output type {type}",
        "element {n} of tensors does not require grad and does not have a grad_fn",
        "a leaf Variable that requires grad is being used in an in-place operation.",
        "a view of a leaf Variable that requires grad is being used in an in-place operation.",
        "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
        "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors after calling backward.",
        "grad can be implicitly created only for scalar outputs",
        "a Tensor with {n} elements cannot be converted to Scalar",
        "Boolean value of Tensor with more than one value is ambiguous",
        "Boolean value of Tensor with no values is ambiguous",
        "only Tensors of floating point and complex dtype can require gradients",
        "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: {type}",
        "{name}() expected a non-empty list of Tensors",
        "{name}(): Expected a proper Tensor but got None (or an undefined Tensor in C++) for argument #{n} '{name}'",
        "Expected all tensors to be on the same device, but found at least two devices, {type} and {type}!",
    ),
    "IndexError": (
        "list index out of range",
        "tuple index out of range",
        "index out of range in self",
        "list assignment index out of range",
        "pop from empty list",
        "index {n} is out of bounds for dimension {n} with size {n}",
        "Dimension out of range (expected to be in range of {shape}, but got {n})",
        "too many indices for tensor of dimension {n}",
        "The shape of the mask {shape} at index {n} does not match the shape of the indexed tensor {shape} at index {n}",
        "shape mismatch: indexing tensors could not be broadcast together with shapes {shape}, {shape}",
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got {type})",
        "tensors used as indices must be long, int, byte or bool tensors",
    ),
    "TypeError": (
        "'{type}' object is not {type}",
        "'{type}' object does not support item assignment",
        "'{type}' object cannot be interpreted as an integer",
        "cannot unpack non-iterable {type} object",
        "object of type '{type}' has no len()",
        "unsupported operand type(s) for {op}: '{type}' and '{type}'",
        "'{op}' not supported between instances of '{type}' and '{type}'",
        "bad operand type for unary {op}: '{type}'",
        'can only concatenate {type} (not "{type}") to {type}',
        "{name}() missing {n} required positional argument: {names}",
        "{name}() missing {n} required positional arguments: {names}",
        "{name}() takes {n} positional argument but {n} were given",
        "{name}() takes {n} positional arguments but {n} were given",
        "{name}() takes from {n} to {n} positional arguments but {n} were given",
        "{name}() got an unexpected keyword argument '{name}'",
        "{name}() got multiple values for argument '{name}'",
        "list indices must be integers or slices, not {type}",
        "only integer tensors of a single element can be converted to an index",
        "only tensors or numbers can be assigned",
        "iteration over a 0-d tensor",
        "len() of a 0-d tensor",
    ),
    "NameError": (
        "name '{name}' is not defined",
        "cannot access local variable '{name}' where it is not associated with a value",
        "cannot access free variable '{name}' where it is not associated with a value in enclosing scope",
    ),
    "AttributeError": (
        "'{name}' object has no attribute '{name}'",
        "type object '{name}' has no attribute '{name}'",
        "module 'torch' has no attribute '{name}'",
        "cannot assign module before Module.__init__() call",
        "cannot assign parameters before Module.__init__() call",
    ),
    "ValueError": (
        "not enough values to unpack (expected {n}, got {n})",
        "too many values to unpack (expected {n})",
        "too many values to unpack (expected {n}, got {n})",
        "math domain error",
        "expected a nonnegative input",
        "optimizer got an empty parameter list",
        "only one element tensors can be converted to Python scalars",
    ),
    "ZeroDivisionError": (
        "division by zero",
        "float division by zero",
        "float division",
        "integer division or modulo by zero",
        "integer modulo by zero",
    ),
    "RecursionError": ("maximum recursion depth exceeded",),
    "OverflowError": ("math range error", "cannot convert float infinity to integer"),
    "UnboundLocalError": ("cannot access local variable '{name}' where it is not associated with a value",),
}
_SCALARS = {
    str(dtype).removeprefix("torch.") for dtype in vars(torch).values() if isinstance(dtype, torch.dtype)
} | {
    "Float",
    "Double",
    "Half",
    "BFloat16",
    "Long",
    "Int",
    "Short",
    "Char",
    "Byte",
    "Bool",
    "float",
    "double",
    "int",
}
_TYPES = (
    {name for name, value in vars(builtins).items() if isinstance(value, type)}
    | {f"{prefix}{scalar}" for prefix in ("", "torch.", "c10::") for scalar in _SCALARS}
    | {f"torch.{scalar}Tensor" for scalar in _SCALARS}
    | {
        "NoneType",
        "function",
        "method",
        "module",
        "generator",
        "builtin_function_or_method",
        "Tensor",
        "Parameter",
    }
    | {
        "torch.FloatTensor",
        "Generator",
        "ellipsis",
        "Size",
        "torch.Size",
        "device",
        "dtype",
        "cpu",
        "Sequential",
    }
    | {"callable", "iterable", "subscriptable", "an", "iterator", "scalar", "long"}
)


def known_text(kind: str, message: str, names: Collection[str]) -> str:
    """An exception's text where it is one of Python's or PyTorch's own and holds nothing but sizes and known names.

    Args:
        kind: the nearest of Python's own exception classes. names: the names in the submitted cells.

    Returns:
        The text, one sentence without its full stop, or nothing.
    """
    text = " ".join(message.split()).rstrip(".")
    for pattern, blanks in _patterns(kind):
        found = pattern.fullmatch(text)
        if found is None:
            continue
        filled = list(zip(blanks, found.groups(), strict=True))
        if all(_tells_nothing(blank, value, names) for blank, value in filled) and _few_sizes(filled):
            return text
    return ""


def _tells_nothing(blank: str, value: str, names: Collection[str]) -> bool:
    if blank == "type":
        return value in _TYPES or value in names
    if blank in ("name", "names"):
        words = re.findall(r"\w+", value)
        return all(
            word in names or word in _TYPES or hasattr(torch.Tensor, word) for word in words if word != "and"
        )
    return True


def _few_sizes(filled: list[tuple[str, str]]) -> bool:
    sizes = (v for blank, v in filled if blank in ("n", "shape", "product"))
    return sum(len(re.findall(r"\d+", value)) for value in sizes) <= _MOST_SIZES


@functools.cache
def _patterns(kind: str) -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    return tuple(_compiled(sentence) for sentence in _SENTENCES.get(kind, ()))


def _compiled(sentence: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    parts = re.split(r"\{(\w+)\}", " ".join(sentence.split()).rstrip("."))
    text = "".join(f"({_BLANKS[part]})" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile(text), tuple(parts[1::2])
