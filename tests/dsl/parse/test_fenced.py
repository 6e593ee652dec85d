"""Plans in chat answers, with their places in the answer."""

from __future__ import annotations

from tradeplan.dsl.parse.fenced import plans_in

from tests.dsl.parse.sketch import read, sketch

ANSWER = """\
Here is your plan, PLAN means...:

```plan
PLAN a TRADE btc ON M5
WHEN x then CLOSE
```
It needs `x`. Run it so:
```bash
plan check a.plan
```
~~~
# no mark, but it starts like a plan
GUARD g
WHEN y THEN HALT
~~~
    ```TradePlan
GUARD h
"""


def test_only_fenced_plans_are_left_and_places_stay() -> None:
    text = plans_in(ANSWER)
    assert len(text) == len(ANSWER)
    assert [line.rstrip() for line in text.splitlines()] == [
        "", "", "",
        "PLAN a TRADE btc ON M5",
        "WHEN x then CLOSE",
        "", "", "", "", "", "",
        "# no mark, but it starts like a plan",
        "GUARD g",
        "WHEN y THEN HALT",
        "", "",
        "GUARD h",
    ]  # fmt: skip
    file, report = read(text)
    assert [sketch(b) for b in file.blocks] == [
        "(Plan a - btc M5 [(Rule x [(Close -)])])",
        "(Guard g - [(Rule y [(Halt - -)])] -)",
        "(Guard h - [] -)",
    ]
    (diagnostic,) = report.diagnostics
    assert ANSWER[diagnostic.span.start : diagnostic.span.end] == "then"
    assert report.source.position(diagnostic.span.start) == (5, 8)


def test_a_longer_fence_holds_a_shorter_one() -> None:
    text = plans_in("````plan\nPLAN a TRADE b ON M1 # ```\n```\n````\nafter")
    assert text.split() == ["PLAN", "a", "TRADE", "b", "ON", "M1", "#", "```", "```"]


def test_without_fences_nothing_changes() -> None:
    assert plans_in("PLAN a TRADE btc ON M5 ONCE") == "PLAN a TRADE btc ON M5 ONCE"
    assert plans_in("") == ""


def test_no_plan_in_the_fences() -> None:
    assert plans_in("```python\nprint()\n```").strip() == ""


def test_many_signs_are_no_trap() -> None:
    assert plans_in("```\n" + "#" * 50_000 + "\n```").strip() == ""
    assert plans_in("```\n" * 5_001).strip() == ""
