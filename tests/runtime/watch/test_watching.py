"""Measures, heartbeat and messages: what they say of a run, and when nobody listens; and no secret anywhere."""

from __future__ import annotations

import json
import re
import shlex
import sys
import threading
import time
import urllib.request
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner
from tradeplan.runtime.cli.run import command as run
from tradeplan.runtime.cli.service import command as service
from tradeplan.runtime.engine.events import Decision, Fill
from tradeplan.runtime.engine.timing import FunctionTimer
from tradeplan.runtime.live.words import Urgent
from tradeplan.runtime.watch.heartbeat import Heartbeat
from tradeplan.runtime.watch.log import json_log, plain_log
from tradeplan.runtime.watch.metrics import Metrics, MetricsError
from tradeplan.runtime.watch.notify import Notifier, NotifyError, apprise_send
from tradeplan.runtime.watch.secrets import HIDDEN, Hider, SecretMissingError, secret
from tradeplan.runtime.watch.states import feed_states, plan_states
from tradeplan.runtime.watch.step import Step

from tests.runtime.live.world import START, World, dataset_of, ramp, walk
from tests.runtime.watch.web import web

TRADES = (
    "PLAN trades\nTRADE btc ON M1\nCOOLDOWN 5m\nWHEN close CROSSES ABOVE sma(3) THEN BUY 0.1 lots STOP 4000 pips\n"
    'WHEN held >= 5m THEN CLOSE\nWHEN time = 01:00 THEN ALERT "one o\'clock"\n'
    "GUARD g\nWHEN time = 02:00 THEN HALT FOR 30m\n"
)


def _until(reached: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.01)


def _value(text: str, name: str) -> float:
    found = re.search(rf"^tradeplan_{re.escape(name)} ([0-9.e+-]+)$", text, re.MULTILINE)
    assert found is not None, f"{name} is not in\n{text}"
    return float(found[1])


def test_measures_count_what_the_run_told(tmp_path: Path) -> None:
    world = World(tmp_path, dataset_of(walk(200)), minutes=200)
    world.write("p.plan", TRADES)
    metrics, steps = Metrics(), list[Step]()

    def stepped(step: Step) -> None:
        steps.append(step)
        metrics.count(step)

    world.stepped = stepped
    world.run()
    told = [event for step in steps for event in step.told]
    fills = [e for e in told if isinstance(e, Fill)]
    text = metrics.text()
    assert _value(text, "steps_total") == len(steps) == 200
    assert _value(text, "step_seconds_count") == 200
    for reason in {f.reason for f in fills}:
        assert _value(text, f'fills_total{{reason="{reason}"}}') == sum(f.reason == reason for f in fills)
    sent = [d for d in told if isinstance(d, Decision) and (d.about, d.outcome) == ("close", "sent")]
    assert len(sent) >= 5
    assert _value(text, 'exits_total{plan="trades",rule="2"}') == len(sent)
    assert _value(text, 'breaker_events_total{event="halt",owner="g"}') == 1
    assert _value(text, 'breaker_events_total{event="reset",owner="g"}') == 1
    assert _value(text, 'alerts_total{owner="trades"}') == 1
    assert _value(text, "feed_time_seconds") == START / 1000 + 200 * 60
    # each fill and each close is money: the balance is what is left of 10,000
    assert _value(text, "balance") == pytest.approx(10_000 + sum(f.profit + f.commission for f in fills), abs=0.005)
    engine = steps[-1].engine
    metrics.count(Step(engine, (), 0.5, {"states": plan_states(engine, (), ()), "feeds": feed_states(engine)}))
    assert _value(metrics.text(), 'bar_age_seconds{market="btc"}') == 0.0
    shown = {state: _value(metrics.text(), f'plans{{state="{state}"}}') for state in ("armed", "blocked", "position")}
    assert sum(shown.values()) == 1.0


def test_measures_count_which_exit_spoke(tmp_path: Path) -> None:
    """1R is 1 % of about 10,052: with 0.4R of it in hand after 15 minutes a scalp is over."""
    world = World(tmp_path, dataset_of(ramp(300)), minutes=300)
    rules = "WHEN close > 10050 THEN BUY 0.1 lots STOP 1%\nWHEN exit_signal >= high THEN CLOSE\n"
    world.write("p.plan", f"PLAN p\nTRADE btc ON M1\nONCE\n{rules}")
    metrics = Metrics()
    world.stepped = metrics.count
    world.run()
    assert _value(metrics.text(), 'exit_voices_total{function="exit_signal",kind="time",rank="high"}') == 1
    assert _value(metrics.text(), 'exits_total{plan="p",rule="2"}') == 1


def test_measures_tell_which_functions_cost_how_much(tmp_path: Path) -> None:
    """Every tenth of 200 steps is timed: of these each is one update of the average, and one of the order loop."""
    world = World(tmp_path, dataset_of(walk(200)), minutes=200, timer=FunctionTimer(every=10))
    world.write("p.plan", TRADES)
    metrics = Metrics()
    world.stepped = metrics.count
    world.run()
    text = metrics.text()
    assert _value(text, "function_samples") == 20
    assert _value(text, 'function_updates{function="sma"}') == 20
    assert _value(text, 'function_updates{function="order loop"}') == 20
    assert _value(text, 'function_seconds{function="order loop"}') > 0


@pytest.mark.parametrize(
    ("library", "use", "words"),
    [
        ("prometheus_client", Metrics, "measures need prometheus-client: pip install"),
        ("apprise", lambda: apprise_send("json://localhost"), "sending messages needs apprise: pip install"),
    ],
)
def test_a_library_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, library: str, use: Callable[[], object], words: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ValueError, match=words):
        use()


def test_measures_are_served_on_this_machine_and_a_taken_port_is_told() -> None:
    metrics = Metrics()
    port = metrics.serve(0)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            assert b"tradeplan_steps_total 0.0" in answer.read()
        with pytest.raises(MetricsError, match="give another with --metrics"):
            Metrics().serve(port)
    finally:
        metrics.close()


def test_the_heart_beats_while_the_run_is_alive_and_a_deaf_watcher_is_told_once() -> None:
    alive, said = [True], list[str]()
    with web() as heard:
        heart = Heartbeat(f"http://127.0.0.1:{heard.port}/ping/s3cr3t", lambda: alive[0], said.append, seconds=0.01)
        _until(lambda: len(heard.requests) >= 3)
        assert heard.requests[0][0] == "/ping/s3cr3t"
        heard.answer = 500
        _until(lambda: len(said) == 1)
        asked = len(heard.requests)
        _until(lambda: len(heard.requests) > asked + 3)
        heard.answer = 200
        _until(lambda: len(said) == 2)
        alive[0] = False
        time.sleep(0.05)
        asked = len(heard.requests)
        time.sleep(0.1)
        assert len(heard.requests) == asked
        heart.close()
    assert said == [
        "the heartbeat was not heard (HTTPError); the run goes on and tries again",
        "the heartbeat is heard again",
    ]


def test_an_address_that_is_none_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="no address of the web") as refused:
        Heartbeat("file:///etc/s3cr3t-passwd", lambda: True, print)
    assert "s3cr3t" not in str(refused.value)
    with pytest.raises(NotifyError, match="address 2 of the secret") as unknown:
        apprise_send("json://localhost/a nosuchservice://s3cr3t-key")
    assert "s3cr3t" not in str(unknown.value)


def test_messages_are_gathered_and_a_failure_is_told_once() -> None:
    sent, said, fails = list[str](), list[str](), [True]
    gate = threading.Event()

    def send(title: str, text: str) -> bool:
        gate.wait(5)
        if fails[0]:
            raise OSError("no network at s3cr3t")
        sent.append(text)
        return True

    notifier = Notifier(send, said.append, gather=0.05)
    notifier.put("first")
    gate.set()
    _until(lambda: len(said) == 1)
    assert said == ["a message could not be sent (OSError): see whether the secret `notify` is right"]
    gate.clear()
    fails[0] = False
    for number in range(30):
        notifier.put(f"number {number}")
    gate.set()
    notifier.close()
    # the first is kept and sent again: alone, or as the first of 31
    *shown, more = "\n".join(sent).splitlines()
    assert shown[0] == "first"
    assert more == f"... and {31 - len(shown)} more: see the log"
    assert len(sent[-1].splitlines()) == 21
    assert len(said) == 1


def test_a_secret_comes_from_the_environment_or_is_missed_in_words() -> None:
    assert secret("notify", {"TRADEPLAN_NOTIFY": " json://x "}) == "json://x"
    with pytest.raises(SecretMissingError, match="set the environment variable TRADEPLAN_NOTIFY"):
        secret("notify", {})


class Ring(ModuleType):
    """A keyring that knows one secret, or fails as each of them does in its own way."""

    def __init__(self, fails: bool = False) -> None:
        super().__init__("keyring")
        self.fails = fails

    def get_password(self, service: str, name: str) -> str | None:
        if self.fails:
            raise RuntimeError("no back end for s3cr3t-key")
        return {("tradeplan", "notify"): " json://ring "}.get((service, name))


def test_a_secret_comes_from_the_keyring_where_the_environment_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", Ring())
    assert secret("notify", {}) == "json://ring"
    assert secret("notify", {"TRADEPLAN_NOTIFY": "json://own"}) == "json://own"
    with pytest.raises(SecretMissingError, match="keyring set tradeplan heartbeat"):
        secret("heartbeat", {})
    monkeypatch.setitem(sys.modules, "keyring", Ring(fails=True))
    with pytest.raises(SecretMissingError, match=r"the keyring cannot be read \(RuntimeError\): unlock it") as refused:
        secret("notify", {})
    assert "s3cr3t" not in str(refused.value)
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SecretMissingError, match="set the environment variable"):
        secret("notify", {})


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("tgram://987654:AAbbCC123/4455667 failed", f"{HIDDEN} failed"),
        ("host 987654:AAbbCC123 said no", f"host {HIDDEN} said no"),
        ("chat 4455667", f"chat {HIDDEN}"),
        ("mailtos://me:hunter22@example.com", HIDDEN),
        ("login hunter22", f"login {HIDDEN}"),
        ("mail to example.com failed", "mail to example.com failed"),
        ("bridge abcdefghijkl", f"bridge {HIDDEN}"),
        ("nothing of it", "nothing of it"),
    ],
)
def test_secrets_and_their_pieces_are_hidden(text: str, hidden: str) -> None:
    environment = {
        "TRADEPLAN_NOTIFY": "tgram://987654:AAbbCC123/4455667 mailtos://me:hunter22@example.com",
        "TRADEPLAN_MT5_TOKEN": "abcdefghijkl",
        "TRADEPLAN_CACHE": "nothing",
    }
    assert Hider((), environment)(text) == hidden


SECRETS = {"path": "hooks5ecret77", "key": "key5ecret88", "beat": "beat5ecret99", "token": "tok5ecret00abcdefgh"}


@pytest.mark.parametrize(("log", "answer"), [(["--log-json"], 200), ([], 500)])
def test_no_secret_is_in_logs_database_measures_or_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: list[str], answer: int
) -> None:
    plans = tmp_path / "plans"
    plans.mkdir()
    # a plan that fails aloud, alerts, and a guard that halts: all that is told goes through the same door
    (plans / "p.plan").write_text(TRADES, encoding="utf-8")
    (plans / "q.plan").write_text(f"PLAN q\nTRADE btc ON M1\nWHEN {SECRETS['key']} THEN BUY 1 lots\n", encoding="utf-8")
    database = tmp_path / "run.db"
    with web() as heard:
        heard.answer = answer
        notify = f"json://me:{SECRETS['key']}@127.0.0.1:{heard.port}/{SECRETS['path']}"
        monkeypatch.setenv("TRADEPLAN_NOTIFY", notify)
        monkeypatch.setenv("TRADEPLAN_HEARTBEAT", f"http://127.0.0.1:{heard.port}/{SECRETS['beat']}")
        monkeypatch.setenv("TRADEPLAN_MT5_TOKEN", SECRETS["token"])
        words = [str(plans), "--db", str(database), "--days", "1", "--once"]
        watched = ["--metrics", "0", "--notify", "--heartbeat"]
        told = CliRunner().invoke(run, [*words, *watched, *log])
        assert told.exit_code == 0, told.output
        paths = {path for path, _ in heard.requests}
        bodies = [json.loads(body) for path, body in heard.requests if path == f"/{SECRETS['path']}"]
    assert paths == {f"/{SECRETS['path']}", f"/{SECRETS['beat']}"}
    assert any("alert of `trades`: one o'clock" in b["message"] for b in bodies)
    assert any("`g` halts until" in b["message"] for b in bodies)
    assert not any(s in b["message"] for b in bodies for s in SECRETS.values())
    if log:
        lines = [json.loads(line) for line in told.output.splitlines() if line.startswith("{")]
        assert {"alert", "breaker"} <= {line.get("kind") for line in lines}
        assert {line["level"] for line in lines} == {"info", "warning"}
    assert ("could not be sent" in told.output) == (answer == 500)
    written = b"".join(p.read_bytes() for p in tmp_path.glob("run.db*"))
    again = CliRunner().invoke(run, [*words[:2], str(database / "below"), *watched])
    assert again.exit_code == 2
    for name, value in SECRETS.items():
        assert value not in told.output, name
        assert value not in again.output, name
        assert value.encode() not in written, name


@pytest.mark.parametrize("log", [plain_log, json_log])
def test_a_log_that_nobody_reads_ends_nothing(tmp_path: Path, log: Callable[..., Callable[[str], None]]) -> None:
    gone = (tmp_path / "log").open("w", encoding="utf-8")
    say = log(lambda text: text, gone)
    say("read")
    gone.close()
    say("not read any more")
    assert "read" in (tmp_path / "log").read_text(encoding="utf-8")


def test_an_urgent_message_is_a_text() -> None:
    made = Urgent("hello", "alert")
    assert (made, made.kind, json.dumps(made)) == ("hello", "alert", '"hello"')


WORDS = ["run", "my plans", "--db", "a%b$c.db", "--notify"]


def test_the_unit_of_systemd_runs_the_words(tmp_path: Path) -> None:
    told = CliRunner().invoke(service, ["systemd", "--folder", str(tmp_path), "--", *WORDS])
    assert told.exit_code == 0, told.output
    unit = ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep capitals
    unit.read_string(told.output)
    line = unit["Service"]["ExecStart"].replace("%%", "%").replace("$$", "$")
    assert shlex.split(line)[-5:] == WORDS
    assert unit["Service"]["WorkingDirectory"] == str(tmp_path)
    assert unit["Service"]["RestartPreventExitStatus"] == "2"


def test_the_task_of_windows_runs_the_words(tmp_path: Path) -> None:
    told = CliRunner().invoke(service, ["windows", "--folder", str(tmp_path), "--name", "demo", "--", *WORDS])
    assert told.exit_code == 0, told.output
    root = ElementTree.fromstring(told.output.split("?>", 1)[1])
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    arguments = root.findtext(".//t:Arguments", namespaces=space)
    assert arguments == '-m tradeplan.runtime.cli run "my plans" --db a%b$c.db --notify'
    assert root.findtext(".//t:WorkingDirectory", namespaces=space) == str(tmp_path)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["systemd", "--", "demo"], "`demo` is no service"),
        (["systemd", "--", "run", "plans"], "needs --db FILE"),
        (["systemd", "--name", "a b", "--", *WORDS], "is no name for a service"),
    ],
)
def test_what_is_no_service_is_refused(words: list[str], told: str) -> None:
    refused = CliRunner().invoke(service, words)
    assert refused.exit_code == 2
    assert told in refused.output
