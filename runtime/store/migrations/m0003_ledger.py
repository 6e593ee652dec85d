"""Trades, orders, states of plans, the account by the hour, patterns, figures; and what analysis needs of fills."""

from __future__ import annotations

from sqlite_utils import Database

FILL = {
    "seq": "integer",  # place among all decisions, fills and swaps of the run
    "version": "text",
    "rule": "integer",
    "units": "integer",
    "rate": "real",  # profit currency to account currency
    "spread": "real",
    "known": "integer",  # whether the spread was the bar's own
    "slip": "real",
    "stop": "real",  # of an entry: its first stop
    "better": "real",  # of a stop on an ambiguous bar: what the other outcome would have filled at
}
TABLES = """
create table trade (
    position integer primary key, plan text not null, version text not null, market text not null,
    side integer not null, opened integer not null, closed integer, lots real not null, held real not null,
    entry real not null, exit real, stop real not null, profit real not null, commission real not null,
    swap real not null, net real not null, r real, reason text
) strict;
create index trade_closed on trade (closed);
create index trade_plan_closed on trade (plan, closed);
create view active_trade as
    select position, plan, version, market, side, opened, lots, held, entry, stop, profit, commission, swap, net
    from trade where closed is null;
create view trade_history as
    select position, plan, version, market, side, opened, closed, lots, entry, exit, stop, profit, commission, swap,
        net, r, reason
    from trade where closed is not null;
create view performance as
    select plan, closed / 86400000 * 86400000 as day, count(*) as trades, sum(net > 0) as wins, sum(net) as net,
        sum(case when net > 0 then net else 0 end) as won, sum(case when net < 0 then -net else 0 end) as lost,
        avg(r) as expectancy_r, min(net) as worst
    from trade where closed is not null group by plan, day;
create table orders (
    intent integer primary key references intent (id), plan text not null, market text not null, about text not null,
    side integer not null, lots real not null, price real, decided integer not null, state text not null,
    filled real not null, average real, ended integer
) strict;
create index orders_working on orders (plan) where ended is null;
create table plan_state (
    plan text primary key, version text not null, state text not null, phase text not null, position integer,
    halted_until integer, last_exit integer, fills integer not null, time integer not null
) strict;
create table equity (time integer primary key, balance real not null, equity real not null) strict;
create table pattern (
    market text not null, timeframe text not null, pattern text not null, time integer not null,
    expires integer not null, primary key (market, timeframe, pattern, time)
) strict;
create index pattern_expires on pattern (expires);
create view breaker_event as
    select time, plan as owner, rule, case action when 'halt' then 'open' else outcome end as state,
        json_extract(detail, '$.until') as until
    from decision where action in ('halt', 'breaker');
create index decision_breaker on decision (time) where action in ('halt', 'breaker');
create index decision_refused on decision (time) where outcome <> 'sent';
create index alert_time on alert (time);
create table analysis (
    digest text primary key, made integer not null, start integer not null, end integer not null, inputs text not null
) strict;
create table metric (
    digest text not null references analysis (digest), scope text not null, name text not null, value real,
    reason text, primary key (digest, scope, name)
) strict;
"""


def up(db: Database) -> None:
    """Add columns and make tables; money is account money, times are UTC ms, sizes lots."""
    for name, kind in FILL.items():
        db.execute(f"alter table fill add column {name} {kind}")
    db.execute("alter table decision add column seq integer")
    for statement in TABLES.split(";"):
        if statement.strip():
            db.execute(statement)


def down(db: Database) -> None:
    """Drop what `up` made; trades and states are found again by a replay, patterns and figures are not."""
    for view in ("breaker_event", "performance", "trade_history", "active_trade"):
        db.execute(f"drop view {view}")
    for index in ("alert_time", "decision_refused", "decision_breaker"):
        db.execute(f"drop index {index}")
    for table in ("metric", "analysis", "pattern", "equity", "plan_state", "orders", "trade"):
        db.execute(f"drop table {table}")
    db.execute("alter table decision drop column seq")
    for name in reversed(FILL):
        db.execute(f"alter table fill drop column {name}")
