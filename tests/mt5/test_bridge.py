"""The real server and the real client over TCP, with the stand-in in the server's process."""

from __future__ import annotations

import ast
import inspect
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tradeplan.runtime.mt5 import server
from tradeplan.runtime.mt5.client import Client
from tradeplan.runtime.mt5.server import send_frame
from tradeplan.runtime.mt5.spawn import Spawned
from tradeplan.runtime.mt5.structs import OrderSendResult, SymbolInfo, TradePosition, TradeRequest
from tradeplan.runtime.mt5.terminal import BridgeError, Call, Reply, UnknownOutcome
from tradeplan.runtime.mt5.wire import Decoder

from tests.mt5.served import Served
from tests.mt5.stand_in.MetaTrader5.sequences import INTERFACE, RATES
from tests.mt5.test_stand_in import HOUR, NOON, bars, deal

SYMBOLS = [{"name": "EURUSD"}, {"name": "GBPUSD", "digits": 5, "base": "GBP"}]
HISTORY = {"EURUSD": {"M1": bars(2 * 2880)}, "GBPUSD": {"M1": bars(2880 + 10, first=1.3)}}


def served(folder: Path, **more: Any) -> Served:
    return Served(folder, now=NOON, zone="UTC", symbols=SYMBOLS, bars=HISTORY, **more)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("bridge")) as running:
        yield running


@pytest.fixture
def bridge(shared: Served) -> Iterator[Served]:
    yield shared
    shared.control("clear_faults")
    for position in shared.control.state()["positions"]:
        shared.control("close_by_hand", position["ticket"])


def test_results_come_as_they_are_in_the_package(bridge: Served) -> None:
    ticks, none, empty, info, rates, version = bridge.client.batch(
        [
            Call("symbol_info_tick", ("EURUSD",)),
            Call("symbol_info", ("NOSUCH",)),
            Call("positions_get", (), {"symbol": "EURUSD"}),
            Call("symbols_get", (), {"group": "GBP*"}),
            Call("copy_rates_from_pos", ("EURUSD", 1, 0, 500)),
            Call("version"),
        ]
    )
    assert (ticks.value.bid, ticks.error) == (pytest.approx(1.1 + 0.2880), (1, "Success"))
    assert (none.value, none.error) == (None, (-4, "Terminal: Not found"))
    assert (empty.value, empty.error) == ((), (1, "Success"))
    assert isinstance(info.value[0], SymbolInfo)
    assert [i.name for i in info.value] == ["GBPUSD"]
    assert rates.value.dtype == RATES
    assert len(rates.value) == 500
    # the 499 closed bars before noon are those that were loaded, number 2880 has just begun
    loaded = bars(2 * 2880)[2880 - 499 : 2880]
    assert rates.value["close"][:-1].tolist() == loaded["close"].tolist()
    assert rates.value["time"][-1] == NOON // 1000
    assert version.value == (500, 5260, "27 Sep 2026")
    assert bridge.client.package == "5.0.6231"


def test_an_order_and_its_position(bridge: Served) -> None:
    sent = bridge.client.call("order_send", deal(volume=1, comment="ü€", sl=1.0))
    assert isinstance(sent.value, OrderSendResult)
    assert isinstance(sent.value.request, TradeRequest)
    # a whole number of lots reached the package as the float that it insists on
    assert (sent.value.retcode, sent.value.request.volume, sent.value.request.sl) == (10009, 1.0, 1.0)
    (position,) = bridge.client.call("positions_get", ticket=sent.value.order).value
    assert isinstance(position, TradePosition)
    assert (position.comment, position.magic) == ("ü€", 7)


@pytest.mark.parametrize(
    ("name", "arguments", "keywords", "says"),
    [
        ("order_send", (deal(magic=7.0),), {}, 'Invalid "magic" argument: expected a whole number, got 7.0'),
        ("order_send", (deal(volume="1"),), {}, 'Invalid "volume" argument: expected a finite number'),
        ("order_send", (deal(magic=-1),), {}, 'Invalid "magic" argument'),
        ("order_send", (deal(volume=True),), {}, 'Invalid "volume" argument'),
        ("order_send", (deal(stop=1.0),), {}, "a trade request has no field 'stop'"),
        ("order_send", (), {}, "order_send takes 1, got 0"),
        ("copy_rates_from_pos", ("EURUSD", "M1", 0, 1), {}, "argument 2: expected a whole number, got 'M1'"),
        ("copy_rates_from", ("EURUSD", 1, 2**31, 1), {}, "argument 3: expected broker seconds"),
        ("symbol_info", (5,), {}, "argument 1: expected a text"),
        ("positions_get", (), {"magic": 5}, "takes no keyword 'magic'"),
    ],
)
def test_wrong_arguments_do_not_reach_the_package(
    bridge: Served, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any], says: str
) -> None:
    before = bridge.control.state()["calls"].get(name, 0)
    reply = bridge.client.call(name, *arguments, **keywords)
    assert reply.value is None
    assert reply.error[0] == -2
    assert says in reply.error[1]
    assert bridge.control.state()["calls"].get(name, 0) == before


def test_numpy_numbers_become_plain_and_what_is_lossy_is_refused_here(bridge: Served) -> None:
    sent = bridge.client.call("order_check", deal(volume=np.float64(0.1), magic=np.int64(9)))
    assert (sent.value.retcode, sent.value.request.magic) == (0, 9)
    for wrong in (np.float32(0.1), float("nan"), float("inf"), None, b"x", [1]):
        with pytest.raises(TypeError, match="order_check"):
            bridge.client.call("order_check", deal(volume=wrong))


@pytest.mark.parametrize("name", ["initialize", "login", "shutdown", "__import__", "eval", "Buy", "last_error", ""])
def test_a_call_that_is_not_on_the_list_is_refused_and_the_batch_with_it(bridge: Served, name: str) -> None:
    before = bridge.control.state()["calls"].get("account_info", 0)
    with pytest.raises(BridgeError, match="unknown call"):
        bridge.client.batch([Call("account_info"), Call(name)])
    assert bridge.control.state()["calls"].get("account_info", 0) == before
    assert bridge.client.call("account_info").value.login == 5001


def test_the_list_is_the_package_without_what_changes_the_connection() -> None:
    package = {method["name"] for method in INTERFACE["methods"]}
    assert package - set(server.CALLS) == {"initialize", "login", "shutdown", "last_error"}
    assert set(server.CALLS) <= package
    assert server.REQUEST.keys() == set(TradeRequest._fields)


def test_too_many_calls(bridge: Served) -> None:
    with pytest.raises(BridgeError, match="at most 1024"):
        bridge.client.batch([Call("version")] * 1025)
    with pytest.raises(BridgeError, match="ask in several"):
        bridge.client.batch([Call("symbol_info", ("x" * 300_000,))])


def test_a_system_error_of_the_package_is_a_failure_and_of_an_order_an_unknown_one(bridge: Served) -> None:
    bridge.control.fault("raise", "account_info")
    bridge.control.fault("raise", "order_send")
    assert bridge.client.call("account_info").error[0] == -2
    assert bridge.client.call("order_send", deal()).error[0] == -10000
    assert bridge.client.call("account_info").value.login == 5001


def test_a_lost_terminal_is_told_and_then_initialized_again(bridge: Served) -> None:
    bridge.control.fault("gone", "positions_get")
    lost = bridge.client.call("positions_get")
    assert (lost.value, lost.error) == (None, (-10004, "No IPC connection"))
    again = bridge.client.call("positions_get")
    assert (again.value, again.error[0]) == ((), 1)


def test_data_that_takes_too_long_and_the_connection_after_it(tmp_path: Path) -> None:
    with served(tmp_path) as bridge:
        client = bridge.client
        assert client.call("account_info").value.login == 5001
        bridge.control.fault("hang", "account_info", seconds=2.0)
        client._data_seconds = 0.3  # for this call alone: a busy machine may take its time for the others
        with pytest.raises(BridgeError, match=r"did not answer within 0\.3 s") as raised:
            client.call("account_info")
        assert not isinstance(raised.value, UnknownOutcome)
        client._data_seconds = 10.0
        assert client.call("positions_get").value == ()
        assert client.connections == 2

        bridge.control.fault("hang", "order_send", seconds=1.0)
        client._order_seconds = 0.3
        with pytest.raises(UnknownOutcome, match="outcome unknown"):
            client.call("order_send", deal(comment="once"))
        # it is carried out, once: whoever sent it finds it by its comment
        end = time.monotonic() + 30
        while not (found := client.call("positions_get").value):
            assert time.monotonic() < end
            time.sleep(0.05)
        assert [p.comment for p in found] == ["once"]
        assert len(bridge.control.state()["requests"]) == 1


def test_an_order_that_waited_longer_than_its_client_is_not_sent(tmp_path: Path) -> None:
    with served(tmp_path) as bridge:
        # somebody else's long question holds the package for two seconds; the order's client waits for 0.3
        bridge.control.fault("hang", "account_info", seconds=2.0)
        other = bridge.spawned.client(data_seconds=30.0)
        asking = threading.Thread(target=lambda: other.call("account_info"))
        asking.start()
        time.sleep(0.5)
        impatient = bridge.spawned.client(order_seconds=0.3)
        with pytest.raises(UnknownOutcome):
            impatient.call("order_send", deal(comment="late"))
        asking.join(30)
        bridge.client._data_seconds = 30.0
        assert bridge.client.call("version").value is not None  # whatever waited before has had its turn
        time.sleep(0.3)
        assert bridge.control.state()["requests"] == []
        other.close()
        impatient.close()


def test_an_order_of_a_client_that_has_gone_is_not_sent(tmp_path: Path) -> None:
    """It had time left, but whoever gave it up closed the connection: nobody waits for what it would do."""
    with served(tmp_path) as bridge:
        bridge.control.fault("hang", "account_info", seconds=0.8)
        other = bridge.spawned.client(data_seconds=30.0)
        asking = threading.Thread(target=lambda: other.call("account_info"))
        leaving = bridge.spawned.client()
        leaving.call("version")
        asking.start()
        time.sleep(0.2)
        assert leaving._sock is not None
        send_frame(leaving._sock, {"id": 9, "seconds": 30.0, "calls": [["order_send", [deal(comment="left")], {}]]})
        leaving.close()
        asking.join(30)
        assert bridge.client.call("version").value is not None  # whatever waited before has had its turn
        time.sleep(0.2)
        assert bridge.control.state()["requests"] == []
        other.close()


@pytest.mark.parametrize("after", [False, True])
def test_a_server_that_dies_within_an_order_leaves_the_outcome_unknown(tmp_path: Path, after: bool) -> None:
    with served(tmp_path) as bridge:
        bridge.control.fault("crash", "order_send", after=after)
        with pytest.raises(UnknownOutcome):
            bridge.client.call("order_send", deal())
        assert bridge.spawned.process.wait(5) == 9
        with pytest.raises(BridgeError, match="plan mt5 serve"):
            bridge.client.call("order_send", deal())


def test_a_terminal_apart_outlives_its_bridge_and_the_bridge_its_terminal(tmp_path: Path) -> None:
    with served(tmp_path, apart=True) as bridge:
        assert bridge.client.call("symbol_info_tick", "EURUSD").value.bid == pytest.approx(1.1 + 0.2880)
        bridge.control.fault("crash", "order_send", after=True)
        with pytest.raises(UnknownOutcome):
            bridge.client.call("order_send", deal(comment="lost"))
        assert bridge.spawned.process.wait(5) == 9
        bridge.restart()
        # what was sent stands, once, and its sender finds it
        assert [p.comment for p in bridge.client.call("positions_get").value] == ["lost"]
        bridge.control.fault("raise", "version")
        assert bridge.client.call("version").error[0] == -2
        assert bridge.terminal is not None
        bridge.terminal.kill()
        bridge.terminal.wait(5)
        assert bridge.client.call("positions_get").error[0] == -10002
        assert bridge.client.call("positions_get").error[0] == -10004


def test_a_dead_connection_is_found_before_an_order_and_reading_goes_on(tmp_path: Path) -> None:
    with served(tmp_path) as bridge:
        assert bridge.client.call("account_info").value.login == 5001
        for call in (("account_info",), ("order_send", deal())):
            assert bridge.client._sock is not None
            bridge.client._sock.shutdown(socket.SHUT_RDWR)  # as a router does that forgets a connection
            assert bridge.client.call(*call).error == (1, "Success")
        assert len(bridge.control.state()["requests"]) == 1


def test_pauses_between_attempts_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("tradeplan.runtime.mt5.client.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("tradeplan.runtime.mt5.client.random", lambda: 1.0)
    free = server.open_socket("127.0.0.1", 0)
    port = free.getsockname()[1]
    free.close()
    client = Client(port, "t" * 32)
    pauses = []
    for _ in range(9):
        with pytest.raises(BridgeError, match="plan mt5 serve"):
            client.call("version")
        with pytest.raises(BridgeError, match=r"next attempt in") as raised:
            client.call("version")
        pauses.append(float(str(raised.value).split()[-2]))
        clock[0] += pauses[-1] + 0.1
    assert pauses == [0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_a_read_only_server_sends_nothing(tmp_path: Path) -> None:
    with served(tmp_path, read_only=True) as bridge:
        assert bridge.client.call("order_check", deal()).value.retcode == 0
        with pytest.raises(BridgeError, match="read-only"):
            bridge.client.call("order_send", deal())
        assert bridge.control.state()["requests"] == []


def test_two_clients_at_once_do_not_mix(bridge: Served) -> None:
    wrong: list[Reply] = []

    def ask(symbol: str) -> None:
        client = bridge.spawned.client()
        for _ in range(100):
            reply = client.call("symbol_info", symbol)
            if reply.value.name != symbol:
                wrong.append(reply)
        client.close()

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("EURUSD", "GBPUSD")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_server_ends_with_its_parent(tmp_path: Path) -> None:
    with served(tmp_path) as bridge:
        assert bridge.spawned.process.stdin is not None
        bridge.spawned.process.stdin.close()
        assert bridge.spawned.process.wait(5) == 0


def test_a_server_without_the_package_says_so(tmp_path: Path) -> None:
    log = tmp_path / "log"
    if sys.platform == "win32":
        pytest.skip("Windows has the package")
    with pytest.raises(BridgeError, match="ended with code 2"):
        Spawned(log=log)
    assert "exists for Windows only" in log.read_text(encoding="utf-8")


def test_a_newer_package_with_more_fields_is_read_by_name() -> None:
    decoder = Decoder()
    header = {"fields": {"BookInfo": ["new", "type", "price", "volume", "volume_dbl"]}}
    header["replies"] = [[{"S": "BookInfo", "v": [[9, 1, 1.5, 2, 2.0]]}, 1, "Success"]]  # type: ignore[assignment]
    (reply,) = decoder.replies(header, bytearray())
    assert reply.value[0]._asdict() == {"type": 1, "price": 1.5, "volume": 2, "volume_dbl": 2.0}
    with pytest.raises(BridgeError, match=r"no BookInfo\.price: update MetaTrader5"):
        Decoder().learn({"BookInfo": ["type", "volume", "volume_dbl"]})


def test_arrays_of_python_objects_are_not_made() -> None:
    header = {"fields": {}, "replies": [[{"a": [["x", "|O"]], "n": 1}, 1, ""]]}
    with pytest.raises(BridgeError, match="cannot be read"):
        Decoder().replies(header, bytearray(8))


def test_the_server_file_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(inspect.getsource(server))
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | {"pickle"} & imported
    assert names.isdisjoint({"eval", "exec", "compile", "pickle", "__import__"})
    # the Pythons of Wine prefixes are old
    ast.parse(inspect.getsource(server), feature_version=(3, 8))
    # alone, under a Python that has never heard of this project
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(Path(server.__file__)), "--help"], capture_output=True, text=True, check=True
    )
    assert "TRADEPLAN_MT5_TOKEN" in done.stdout


def test_the_stand_in_keeps_broker_time_over_the_wire(bridge: Served) -> None:
    bridge.control("clock_shift", 2 * HOUR)
    tick = bridge.client.call("symbol_info_tick", "EURUSD").value
    bridge.control("clock_shift", 0)
    assert tick.time_msc == NOON + 2 * HOUR
