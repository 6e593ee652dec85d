"""How diagnostics look: for a person, for a program, for GitHub, for code scanners."""

from tradeplan.dsl.report.github import render_github
from tradeplan.dsl.report.json import as_json, render_json
from tradeplan.dsl.report.sarif import render_sarif
from tradeplan.dsl.report.text import render_text

__all__ = ["as_json", "render_github", "render_json", "render_sarif", "render_text"]
