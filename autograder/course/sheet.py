"""A CSV file as another program wrote it: every byte is kept, but those of the cells that are set."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from autograder.course.folders import CourseError

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
DELIMITERS = ",;\t"
_ENCODINGS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass
class Sheet:
    """Rows of cells as they stand in the file, quotes included, and what stands between them."""

    rows: list[list[str]] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    """The line break after each row; the last may have none."""
    delimiter: str = ","
    encoding: str = "utf-8"
    mark: str = ""
    """The byte order mark, where the file begins with one."""

    @classmethod
    def parse(cls, document: bytes, name: str) -> Sheet:
        """Read a file; ``name`` is what errors call it. CourseError where it is not CSV in UTF-8 or UTF-16."""
        encoding = next((codec for sign, codec in _ENCODINGS if document.startswith(sign)), "utf-8")
        try:
            text = document.decode(encoding)
        except UnicodeDecodeError:
            raise CourseError(
                f"{name} is not text in UTF-8: save it again as `CSV UTF-8`, or take the file as it was downloaded"
            ) from None
        mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
        text = text[len(mark) :]
        if "\0" in text or not text.strip():
            raise CourseError(f"{name} is empty, or is not a CSV file")
        sheet = cls(delimiter=_delimiter(text), encoding=encoding, mark=mark)
        sheet._read(text, name)
        return sheet

    def encode(self) -> bytes:
        """The file."""
        lines = (self.delimiter.join(row) + end for row, end in zip(self.rows, self.ends, strict=True))
        return (self.mark + "".join(lines)).encode(self.encoding)

    def value(self, row: int, column: int) -> str:
        """A cell's text without quotes and outer spaces; nothing where the row is shorter."""
        cells = self.rows[row]
        return unquoted(cells[column]).strip() if column < len(cells) else ""

    def values(self, row: int) -> list[str]:
        return [self.value(row, column) for column in range(len(self.rows[row]))]

    def put(self, row: int, column: int, text: str) -> None:
        """Set a cell; quotes stand around it where it had them, or needs them."""
        cells = self.rows[row]
        cells.extend([""] * (column + 1 - len(cells)))
        needs = any(character in text for character in (self.delimiter, '"', "\r", "\n"))
        quoted = needs or cells[column].lstrip().startswith('"')
        cells[column] = '"' + text.replace('"', '""') + '"' if quoted else text

    def _read(self, text: str, name: str) -> None:
        cell = re.compile(rf'[ ]*"(?:[^"]|"")*"[^{self.delimiter}\r\n]*|[^{self.delimiter}\r\n]*')
        place, row = 0, list[str]()
        while True:
            found = cell.match(text, place)
            assert found is not None, "an empty cell matches anywhere"
            raw = found.group()
            if raw.lstrip().startswith('"') and raw.count('"') % 2:
                raise CourseError(f"{name}: a quote in row {len(self.rows) + 1} is never closed")
            row.append(raw)
            place = found.end()
            if text.startswith(self.delimiter, place):
                place += 1
                continue
            end = "\r\n" if text.startswith("\r\n", place) else text[place : place + 1]
            place += len(end)
            self.rows.append(row)
            self.ends.append(end)
            row = []
            if place >= len(text):
                return


def unquoted(cell: str) -> str:
    """The text of a cell as it stands in the file."""
    inner = cell.strip(" ")
    if len(inner) >= 2 and inner.startswith('"') and inner.endswith('"'):
        return inner[1:-1].replace('""', '"')
    return cell


def _delimiter(text: str) -> str:
    """The delimiter that stands most often in the first line, quoted parts aside."""
    first = re.sub(r'"(?:[^"]|"")*"', "", text).lstrip("\r\n").partition("\n")[0]
    return max(DELIMITERS, key=first.count)
