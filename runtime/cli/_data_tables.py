"""Tables and lines that `plan data` shows."""

from __future__ import annotations

import numpy as np
from rich.table import Table
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.importers.importing import Imported
from tradeplan.runtime.market.verify import Finding, Severity, stamp


def listing(data: Dataset) -> Table:
    """Every stored series with its size, span and share of known spreads."""
    table = Table("market", "timeframe", "bars", "first open (UTC)", "last open (UTC)", "spread known", "tick volume")
    for market in data.markets():
        for timeframe in data.timeframes(market):
            rates = data.rates(market, timeframe)
            rows = len(rates)
            known = f"{100 * np.count_nonzero(rates.spread) / rows:.0f} %" if rows else "-"
            ticks = "yes" if rates.tick_volume.any() else "no"
            first, last = (stamp(int(rates.time[0])), stamp(int(rates.time[-1]))) if rows else ("-", "-")
            table.add_row(market, timeframe, f"{rows:,}", first, last, known, ticks)
    return table


def findings_table(findings: list[tuple[str, Finding]]) -> Table:
    """Findings by series, errors first."""
    table = Table("series", "kind", "code", "what")
    for series, finding in sorted(findings, key=lambda item: item[1].severity is not Severity.ERROR):
        table.add_row(series, str(finding.severity), finding.code, finding.text())
    return table


def import_lines(done: Imported) -> list[str]:
    """What an import did, in lines; the first says it all."""
    name = f"{done.target.path.name} -> {done.target.market}.{done.target.timeframe}"
    lines: list[str] = []
    if done.merge is None:
        lines.append(f"{name}: not imported, {done.rows} rows read")
        lines += [f"  error {finding.code}: {finding.text()}" for finding in done.refused]
        codes = " ".join(f"--accept {code}" for code in dict.fromkeys(finding.code for finding in done.refused))
        lines.append(f"  mend the source, or keep these rows as they are with `{codes}`")
        return lines
    if done.merge.conflicts:
        count = len(done.merge.conflicts)
        lines.append(f"{name}: not imported, {count} rows differ from what is stored")
        lines += [f"  {text}" for text in done.conflicts]
        if count > len(done.conflicts):
            lines.append(f"  and {count - len(done.conflicts)} more")
        lines.append("  take the file's rows instead of the stored ones with `--replace`")
        return lines
    replaced = f", {done.merge.replaced} replaced" if done.merge.replaced else ""
    lines.append(f"{name}: {done.merge.added} new rows, {done.merge.identical} already there{replaced}")
    lines += [f"  {finding.severity} {finding.code}: {finding.text()}" for finding in done.findings]
    return lines
