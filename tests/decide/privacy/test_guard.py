"""An arm that declares no other machine reaches none, whatever way it tries."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import decide
from arms import Location
from decide.privacy import guard, network, seal
from decide.privacy.guard import BlockedError, Guard
from evalsets import EvalSet
from tests.decide.privacy.leaky import ELSEWHERE, WAYS, Leaky


@contextmanager
def listener(address: str = "127.0.0.1") -> Iterator[tuple[int, list[bytes]]]:
    """A port that keeps what it is sent."""
    heard: list[bytes] = []
    with socket.socket() as ear:
        ear.bind((address, 0))
        ear.listen()
        ear.settimeout(20)

        def listen() -> None:
            while True:
                try:
                    caller, _ = ear.accept()
                except OSError:
                    return
                with caller:
                    heard.append(caller.recv(1000))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield ear.getsockname()[1], heard


def foreign_address() -> str:
    """An address of this machine that is not the loopback; a guard told of none takes it for another's."""
    found = [a for a in network.own_addresses() if "." in a and not a.startswith("127.")]
    if not found:
        pytest.skip("this machine has no address besides the loopback")
    return found[0]


def can_seal() -> bool:
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            str(seal.__file__),
            sys.executable,
            "-c",
            f"import os; print(os.environ['{seal.VARIABLE}'])",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip() == "yes"


def test_an_arm_that_sends_text_away_fails_and_the_others_finish(toy: EvalSet, tmp_path: Path) -> None:
    ways = [way for way in WAYS if way not in ("by_other_program", "quietly")]
    arms = [*(Leaky(way=way) for way in ways), decide.Majority()]
    result = decide.compare(toy, arms, run_dir=tmp_path, seeds=1)
    for way in ways:
        leaky = result.arm(f"Leaky {way}")
        assert leaky.status == "failed"
        assert "It tried to reach" in (leaky.failure or "")
        assert (".example.org" if way == "by_name" else ELSEWHERE) in (leaky.failure or ""), way
    assert result.arm("Majority").status == "ok"
    assert toy.test.texts[0].encode().hex()[:40] not in result.model_dump_json()


@pytest.mark.parametrize("way", ["by_socket", "by_http", "by_child"])
def test_without_the_namespace_the_check_on_sockets_holds(
    way: str, toy: EvalSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(seal.SWITCH, "0")
    address = foreign_address()
    monkeypatch.setattr(network, "own_addresses", lambda: ())
    with listener(address) as (port, heard):
        result = decide.compare(toy, [Leaky(way=way, to=address, port=port)], run_dir=tmp_path, seeds=1)
    assert address in (result.arms[0].failure or "")
    assert not heard


def test_in_the_users_process_the_guard_holds_while_the_arm_runs(
    toy: EvalSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = foreign_address()
    monkeypatch.setattr(network, "own_addresses", lambda: ())
    with listener(address) as (port, heard):
        arm = Leaky(to=address, port=port)
        result = decide.compare(toy, [arm, decide.Majority()], seeds=1, isolate=False)
        assert f"It tried to reach {address}" in (result.arms[0].failure or "")
        assert not heard
        with socket.create_connection((address, port), 5) as ours:  # the guard is down again
            ours.sendall(b"ours")
    assert result.arm("Majority").status == "ok"
    assert guard.current() is None


def test_a_program_that_is_not_python_has_no_network_either(toy: EvalSet, tmp_path: Path) -> None:
    if not can_seal():
        pytest.skip("this system allows no network namespace")
    with listener() as (port, heard):
        arm = Leaky(way="by_other_program", to="127.0.0.1", port=port)
        result = decide.compare(toy, [arm], run_dir=tmp_path, seeds=1)
    assert "sent=False" in (result.arms[0].failure or "")
    assert not heard


def test_a_server_on_this_machine_must_be_declared(toy: EvalSet, tmp_path: Path) -> None:
    if not can_seal():
        pytest.skip("this system allows no network namespace")
    with listener() as (port, heard):
        silent = Leaky(to="127.0.0.1", port=port, name="silent")
        says = Leaky(to="127.0.0.1", port=port, name="says", declared=json.dumps([{"host": "localhost"}]))
        result = decide.compare(toy, [silent, says], run_dir=tmp_path, seeds=1)
    assert 'Location("localhost")' in (result.arm("silent").failure or "")
    assert result.arm("says").status == "ok"
    assert heard


def test_only_declared_hosts_are_reached_where_text_may_leave(
    toy: EvalSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = foreign_address()
    monkeypatch.setattr(network, "own_addresses", lambda: ())
    free = decide.Workload(
        text_may_leave=True, prices=decide.Prices(input_million_tokens=0, output_million_tokens=0)
    )
    with listener(address) as (port, heard):
        said = json.dumps([{"host": address, "remote": True}])
        other = json.dumps([{"host": "models.invalid", "remote": True}])
        result = decide.compare(
            toy,
            [
                Leaky(to=address, port=port, declared=said, name="declared"),
                Leaky(to=address, port=port, declared=other, name="another"),
            ],
            workload=free,
            run_dir=tmp_path,
            seeds=1,
        )
    assert result.arm("declared").status == "ok"
    assert heard
    assert "It declared models.invalid" in (result.arm("another").failure or "")


def test_an_attempt_that_the_arm_hides_is_in_the_record(toy: EvalSet, tmp_path: Path) -> None:
    result = decide.compare(toy, [Leaky(way="quietly")], run_dir=tmp_path, seeds=1)
    flow = result.arms[0].data_flow
    assert flow is not None
    assert flow.guard is not None
    assert flow.guard.refused[ELSEWHERE] > 0
    assert flow.guard.layer == ("namespace" if can_seal() else "process")


def test_the_second_line_refuses_a_remote_arm_too(toy: EvalSet) -> None:
    remote = Leaky(declared=json.dumps([{"host": "api.example.com", "remote": True}]))
    with pytest.raises(decide.ArmError, match="text_may_leave is false"):
        network.access_of(remote, text_may_leave=False)
    assert not network.access_of(remote, text_may_leave=True).sealed


def test_environment_drops_proxies_and_the_hub_unless_hosts_are_declared(tmp_path: Path) -> None:
    before = {"HTTPS_PROXY": "http://127.0.0.1:1", "http_proxy": "x", "HOME": "/h"}
    closed = network.environment(network.NOWHERE, before, tmp_path)
    assert "HTTPS_PROXY" not in closed
    assert "http_proxy" not in closed
    assert closed["HOME"] == "/h"
    assert closed["HF_HUB_OFFLINE"] == "1"
    open_ = network.environment(network.Access(("api.example.com",), sealed=False), before, tmp_path)
    assert open_["HTTPS_PROXY"] == "http://127.0.0.1:1"
    assert "api.example.com" in json.loads(open_[guard.VARIABLE])["hosts"]


HERE = "127.0.0.1 127.8.9.1 localhost a.localhost ::1 ::ffff:127.0.0.1 0.0.0.0 192.0.2.9 fe80::1%eth0".split()
THERE = "198.51.100.7 ::ffff:198.51.100.7 example.com localhost.example.com 127.1 2001:db8::1".split()


@pytest.mark.parametrize("host", [*HERE, "", b"localhost", "api.example.com", "API.Example.com."])
def test_this_machine_and_declared_hosts_pass(host: str | bytes) -> None:
    up = Guard(hosts=("api.example.com",), own=("192.0.2.9", "fe80::1"))
    up.check("socket.getaddrinfo", (host, 80, 0, 0, 0))


@pytest.mark.parametrize("host", THERE)
def test_everything_else_is_refused(host: str) -> None:
    with pytest.raises(BlockedError):
        Guard().check("socket.getaddrinfo", (host, 80, 0, 0, 0))


def test_sockets_below_the_internet_are_refused() -> None:
    with pytest.raises(BlockedError):
        Guard().check("socket.__new__", (None, getattr(socket, "AF_PACKET", 17), 2, 0))
    Guard().check("socket.__new__", (None, socket.AF_UNIX, 1, 0))


def test_addresses_the_resolver_gave_for_a_declared_host_pass() -> None:
    up = Guard(hosts=("api.example.com",))
    up.learn([(socket.AF_INET, 1, 6, "", ("203.0.113.5", 0))])
    with socket.socket() as one:
        up.check("socket.connect", (one, ("203.0.113.5", 443)))


def test_long_names_are_not_written_down_whole() -> None:
    name = f"{'616263' * 12}.evil.example"
    assert guard.shortened(name) == "...evil.example"
    assert guard.shortened("api.example.com") == "api.example.com"


def test_another_sitecustomize_still_runs(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('theirs')")
    env = dict(os.environ, PYTHONPATH=os.pathsep.join([str(guard.CHILD), str(tmp_path)]))
    env[guard.VARIABLE] = json.dumps({"hosts": []})
    attempt = f"import socket\ntry: socket.create_connection(('{ELSEWHERE}', 9), 0.2)"
    code = f"{attempt}\nexcept PermissionError as error: print(error)"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["theirs", f"text may not be sent to {ELSEWHERE}"]


def test_location_of_a_local_server_is_not_sealed() -> None:
    local = Leaky(declared=json.dumps([{"host": "127.0.0.1"}]))
    assert not network.access_of(local, text_may_leave=False).sealed
    assert Location() == Location("this machine")
