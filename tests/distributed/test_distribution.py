"""Distributions from options and TF_CONFIG, and their errors."""

import json
import socket
from typing import Any

import pytest

from vae_engine.distributed.distribution import (
    ALONE,
    Distribution,
    listen,
    make_distribution,
    read_distribution,
    split_address,
)
from vae_engine.errors import DistributedError, SettingError


def made(workers: str | None = None, index: int | None = None, **tf_config: Any) -> Distribution:
    environment = {"TF_CONFIG": json.dumps(tf_config)} if tf_config else {}
    return make_distribution(workers, index, environment=environment)


def task(kind: str, index: int | str) -> dict[str, Any]:
    return {"type": kind, "index": index}


def test_without_options_one_worker_trains_alone() -> None:
    assert made() == ALONE
    assert (ALONE.is_chief, ALONE.total_replicas, ALONE.arguments()) == (True, 1, [])


def test_options_name_the_workers_the_chief_first() -> None:
    second = made("one:2222,two:2222", 1)
    assert (second.workers, second.index, second.is_chief) == (("one:2222", "two:2222"), 1, False)
    assert second.name(0) == "worker 0 (one:2222)"
    option, text = second.arguments()
    assert (option, read_distribution(text)) == ("--distribution", second)
    with pytest.raises(ValueError, match="the distribution cannot be read"):
        read_distribution(text.replace("{", "[", 1))


def test_a_list_of_one_is_one_worker_alone() -> None:
    assert made("one:2222", 0) == ALONE
    assert made(cluster={"worker": ["one:2222"]}, task=task("worker", 0)) == ALONE
    assert made(task=task("worker", 0)) == ALONE


@pytest.mark.parametrize("index", [1, "1"])
def test_tf_config_names_the_workers(index: int | str) -> None:
    found = made(cluster={"worker": ["one:1", "two:2"]}, task=task("worker", index))
    assert (found.workers, found.index) == (("one:1", "two:2"), 1)


def test_the_chief_of_tf_config_is_the_first_worker() -> None:
    cluster = {"chief": ["boss:1"], "worker": ["one:1", "two:1"], "ps": []}
    everyone = ("boss:1", "one:1", "two:1")
    for kind, index, place in [("chief", 0, 0), ("worker", 0, 1), ("worker", 1, 2)]:
        found = made(cluster=cluster, task=task(kind, index))
        assert (found.workers, found.index) == (everyone, place)


def test_options_are_stronger_than_tf_config() -> None:
    tf_config = {"cluster": {"worker": ["one:1", "two:2"]}, "task": task("worker", 1)}
    assert made("three:3,four:4", 0, **tf_config).workers == ("three:3", "four:4")


@pytest.mark.parametrize(
    ("workers", "index", "word"),
    [
        ("one:1,two:2", 2, "from 0 to 1"),
        ("one:1,two:2", None, "worker-index"),
        (None, 1, "worker-index needs workers"),
        ("one:1,one:1", 0, "same address"),
        ("", 0, "HOST:PORT"),
        ("one:1,", 0, "HOST:PORT"),
        ("one", 0, "HOST:PORT"),
        (":1", 0, "HOST:PORT"),
        ("o ne:1", 0, "HOST:PORT"),
        ("http://one:1", 0, "HOST:PORT"),
        ("::1:2222", 0, "HOST:PORT"),
        ("o\x1bne:1", 0, "HOST:PORT"),
        ("one:0", 0, "from 1 to 65535"),
        ("one:65536", 0, "from 1 to 65535"),
        ("one:²", 0, "from 1 to 65535"),
        ("one:" + "9" * 5000, 0, "from 1 to 65535"),
        (",".join(f"w{n}:1" for n in range(257)), 0, "at most 256"),
    ],
)
def test_options_that_list_no_workers_are_refused(
    workers: str | None, index: int | None, word: str
) -> None:
    with pytest.raises(SettingError, match=word) as caught:
        made(workers, index)
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "cannot be read"),
        ("[1]", "cannot be read"),
        ('{"cluster": {"worker": "one:1"}}', "cannot be read"),
        ('{"cluster": {"worker": ["one"]}, "task": {}}', "HOST:PORT"),
        ('{"cluster": {"worker": ["one:1", "two:1"]}, "task": {"index": 2}}', "2 of 2"),
        ('{"cluster": {"worker": ["one:1", "two:1"]}, "task": {"index": -1}}', "-1 of 2"),
        ('{"cluster": {"worker": ["one:1"]}, "task": {"index": "first"}}', "cannot be read"),
        ('{"cluster": {"worker": ["a:1"], "ps": ["b:1"]}, "task": {}}', "'ps'"),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "evaluator"}}', "'evaluator'"),
        ('{"cluster": {"chief": ["a:1", "b:1"], "worker": ["c:1"]}, "task": {}}', "one chief"),
        ('{"cluster": {"worker": ["one:1"]}, "task": {"type": "chief"}}', "0 of 0"),
    ],
)
def test_a_tf_config_that_is_none_is_refused(text: str, word: str) -> None:
    with pytest.raises(SettingError, match=word):
        make_distribution(None, None, environment={"TF_CONFIG": text})


def test_hosts_may_be_ipv6_in_brackets() -> None:
    assert split_address("[::1]:2222") == ("::1", 2222)


def test_a_port_in_use_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(DistributedError, match="the port is in use"):
            listen(address)
    listen(address).close()


@pytest.mark.parametrize(
    ("before", "word"),
    [
        ({}, "1 worker trained it so far, from here on 2 workers"),
        ({"workers": 2, "replicas": 4}, "2 workers with 4 replicas trained it so far"),
        ({"workers": "\x1b[2J", "replicas": 2}, "1 worker with 2 replicas"),
    ],
)
def test_other_devices_than_before_are_reported(before: dict[str, object], word: str) -> None:
    assert word in made("one:1,two:1", 0).difference(before)


def test_as_many_devices_as_before_need_no_word() -> None:
    assert ALONE.difference({}) == ""
    assert made("one:1,two:1", 0).difference({"workers": 2, "replicas": 2}) == ""
