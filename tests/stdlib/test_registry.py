"""A function is registered by being there; a file that is none is refused with a reason."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from tradeplan import stdlib
from tradeplan.stdlib.page import SECTIONS, documented, sections
from tradeplan.stdlib.registry import catalog, load_catalog, named_by


def test_every_file_of_a_category_is_a_function_of_its_name() -> None:
    root = Path(next(iter(stdlib.__path__)))
    files = {named_by(path.parent.name, path.stem) for path in root.glob("*/*.py") if path.stem != "__init__"}
    assert set(catalog().names()) == files


def test_files_of_a_source_are_its_readings() -> None:
    assert named_by("news", "news_blackout") == "news.blackout"
    assert named_by("news", "price_reclaim") == "price_reclaim"
    assert named_by("exits", "exits_late") == "exits_late"
    assert catalog()["news.blackout"].category == "news"


def test_the_catalog_is_sorted_and_made_once() -> None:
    names = [function.name for function in catalog()]
    assert names == sorted(names)
    assert catalog() is catalog()


@pytest.mark.parametrize("function", list(catalog()), ids=lambda function: function.name)
def test_the_texts_come_from_the_docstring(function) -> None:
    module = importlib.import_module(f"{stdlib.__name__}.{function.category}.{function.name.replace('.', '_')}")
    parts = sections(module.__doc__)
    assert set(parts) == {"Summary", *SECTIONS}
    assert function.summary == parts["Summary"]
    assert function.source == parts["Source"]
    assert function.name in function.example


def test_a_docstring_that_lacks_a_part_is_refused() -> None:
    with pytest.raises(ValueError, match="`sma` lacks: Source, Without data"):
        documented(catalog()["sma"], "A mean.\n\nDefinition: x\nExample: y")


def test_a_docstring_that_python_took_away_changes_nothing() -> None:
    assert documented(catalog()["sma"], None) is catalog()["sma"]


def test_a_file_without_a_function_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="defines no function"):
        load_catalog(tmp_path)


def test_a_file_named_otherwise_than_its_function_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("from tradeplan.stdlib.series.sma import FUNCTION\n", encoding="utf-8")
    with pytest.raises(ValueError, match="name the file like the function"):
        load_catalog(tmp_path)


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sma.py").write_text("from tradeplan.stdlib.series.sma import FUNCTION\n", encoding="utf-8")
    with pytest.raises(ValueError, match="registered twice"):
        load_catalog(tmp_path)
