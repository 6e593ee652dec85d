"""Tickets and retcodes of a broker outside: of each fill, of each order, and every answer, by its number in the run."""

from __future__ import annotations

from sqlite_utils import Database

REWRITES = ("event",)
"""Going back takes the journal's `answered` out: older versions do not know it, and it changes nothing in a replay."""
TABLES = """
create table broker_answer (
    number integer primary key, time integer not null, plan text not null, about text not null,
    intent integer references intent (id), part integer not null, ticket integer, retcode integer not null,
    text text not null
) strict;
create index broker_answer_time on broker_answer (time);
create index broker_answer_intent on broker_answer (intent) where intent is not null;
create index fill_deal on fill (deal) where deal is not null;
create index orders_ticket on orders (ticket) where ticket is not null;
create index fill_lacking on fill (seq) where seq is null
"""
TICKETS = """
create temp table told as
    select json_extract(body, '$.plan') as plan, json_extract(body, '$.time') as time,
        json_extract(body, '$.leg') as leg, json_extract(body, '$.reason') as reason,
        json_extract(body, '$.deal') as deal, json_extract(body, '$.order') as ticket
    from event where kind = 'fill' and json_extract(body, '$.deal') is not null;
create index temp.told_place on told (plan, time, leg, reason);
update fill set (deal, ticket) = (
    select deal, ticket from told where told.plan = fill.plan and told.time = fill.time and told.leg = fill.leg
        and told.reason = fill.reason
);
drop table temp.told
"""


def up(db: Database) -> None:
    """Add columns and the table, all null or empty on paper; what the journal knows of fills is filled in."""
    for table, column in (("fill", "deal"), ("fill", "ticket"), ("orders", "ticket"), ("orders", "retcode")):
        db.execute(f"alter table {table} add column {column} integer")
    db.execute("alter table orders add column answer text")
    for statement in (*TABLES.split(";"), *TICKETS.split(";")):
        db.execute(statement)


def down(db: Database) -> None:
    """Drop what `up` made; the tickets stay in the copy that is kept, those of fills in the journal too."""
    db.execute("delete from event where kind = 'answered'")
    for index in ("fill_lacking", "orders_ticket", "fill_deal"):
        db.execute(f"drop index {index}")
    db.execute("drop table broker_answer")
    for table, column in (("orders", "answer"), ("orders", "retcode"), ("orders", "ticket")):
        db.execute(f"alter table {table} drop column {column}")
    for column in ("ticket", "deal"):
        db.execute(f"alter table fill drop column {column}")
