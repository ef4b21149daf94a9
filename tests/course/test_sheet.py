"""A CSV file keeps every byte but those of the cells that are set."""

from __future__ import annotations

import csv
import io

import pytest

from autograder.course import CourseError
from autograder.course.sheet import Sheet

DOCUMENTS = [
    "a,b\n1,2\n",
    "a,b\r\n1,2",
    'a,"b,c"\n"say ""x""\r\nand more",2\n',
    "a;b\r1;2\r",
    "a\tb\n\n1\t2\n",
    '    "a" ,b\n,,\n',
    "\N{ZERO WIDTH NO-BREAK SPACE}a,Zoë\n",
]


@pytest.mark.parametrize("text", DOCUMENTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_is_not_set_keeps_its_bytes(text: str, encoding: str) -> None:
    document = text.encode(encoding)
    assert Sheet.parse(document, "it").encode() == document


@pytest.mark.parametrize("text", DOCUMENTS)
def test_cells_read_as_the_csv_module_reads_them(text: str) -> None:
    sheet = Sheet.parse(text.encode(), "it")
    plain = text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}")
    rows = csv.reader(io.StringIO(plain, newline=""), delimiter=sheet.delimiter, skipinitialspace=True)
    want = [[cell.strip() for cell in row] for row in rows if row]
    assert [sheet.values(row) for row in range(len(sheet.rows)) if sheet.rows[row] != [""]] == want


def test_a_set_cell_keeps_its_quotes_and_gets_those_it_needs() -> None:
    sheet = Sheet.parse(b'a,b,c\n"1",2\n', "it")
    sheet.put(1, 0, "9")
    sheet.put(1, 1, 'x,"y"')
    sheet.put(1, 2, "new")
    assert sheet.encode() == b'a,b,c\n"9","x,""y""",new\n'


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"\xff\xfa\x80,b", "UTF-8"),
        (b"", "empty"),
        (b"PK\0\0", "not a CSV"),
        (b'a,b\n"1,2\n', "never closed"),
    ],
)
def test_another_file_is_named(document: bytes, says: str) -> None:
    with pytest.raises(CourseError, match=says) as error:
        Sheet.parse(document, "class.csv")
    assert "class.csv" in str(error.value)
