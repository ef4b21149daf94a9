"""nbgrader's check of the cells' metadata with its schema prepared once; the stock step prepares it for each cell."""

from __future__ import annotations

import functools
from typing import Any

from jsonschema import validators
from nbformat.notebooknode import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator, ValidationError
from nbgrader.nbgraderformat.common import BaseMetadataValidator, SchemaMismatchError
from nbgrader.preprocessors import CheckCellMetadata


class CheckMetadata(CheckCellMetadata):
    """A notebook that passes here passes the stock step; another one is left to the stock step, and to its words."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        try:
            _validator().validate_nb(nb)
        except (ValidationError, SchemaMismatchError):
            checked: tuple[NotebookNode, dict[str, Any]] = super().preprocess(nb, resources)
            return checked
        return nb, resources


class _PreparedSchema(BaseMetadataValidator):
    """Takes the place of the base class under nbgrader's newest validator."""

    def __init__(self) -> None:
        super().__init__()
        kind = validators.validator_for(self.schema)
        kind.check_schema(self.schema)
        self.prepared = kind(self.schema)

    def validate_cell(self, cell: NotebookNode) -> None:
        marks = cell.metadata.get("nbgrader")
        if marks is None:
            return
        if marks.get("schema_version") != self.schema_version or not self.prepared.is_valid(marks):
            super().validate_cell(cell)


class _Validator(MetadataValidator, _PreparedSchema):
    pass


@functools.cache
def _validator() -> _Validator:
    return _Validator()
