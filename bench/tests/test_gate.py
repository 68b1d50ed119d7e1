"""A run is held to its bounds by medians, and what was not measured is not met."""

import json

from bench import gate, report, session

PEERS = ("f1", "f2", "f3", "f4", "drf-granian", "ninja", "limit")


def sample(system, cpu_us, *, workload="get", clients=16, rows=10_000, p99_ms=10.0):
    return {
        "system": system,
        "workload": workload,
        "rows": rows,
        "workers": 2,
        "clients": clients,
        "requests": 1_000_000,
        "seconds": 10.0,
        "p50_ms": 1.0,
        "p99_ms": p99_ms,
        "server": cpu_us,
        "postgres": 0.0,
        "redis": 0.0,
        "wrk": 0.0,
        "others": 0.0,
    }


def run(*samples, servers=()):
    return {"samples": list(samples), "servers": list(servers)}


def verdicts(known):
    return {finding.text.partition(", is")[0]: finding.met for finding in gate.judge(known)}


def test_nothing_is_met_that_was_not_measured():
    assert set(verdicts(run()).values()) == {None}


def test_a_peer_that_costs_enough_more_meets_the_bound_and_one_that_does_not_misses_it():
    found = verdicts(run(sample("ours-control", 100), sample("f2", 200), sample("drf-granian", 299)))
    assert found["get: f2 / ours-control ≥ 2"] is True
    assert found["get: drf-granian / ours-control ≥ 3"] is False


def test_one_odd_round_changes_nothing():
    rounds = [sample("f2", cost) for cost in (200, 210, 20)]
    assert verdicts(run(sample("ours-control", 100), *rounds))["get: f2 / ours-control ≥ 2"] is True


def test_the_cost_of_a_list_may_grow_by_so_much_with_the_catalogue():
    few, many = (
        sample("ours-control", cost, workload="list", rows=rows) for cost, rows in ((100, 10_000), (131, 200_000))
    )
    bound = "list: with many items ≤ 1.3 × what it costs with few"
    assert verdicts(run() | {"sizes": [few, many]})[bound] is False
    assert verdicts(run() | {"sizes": [few, many | {"server": 129}]})[bound] is True
    # Of phases that are minutes apart, nothing is said.
    assert verdicts(run(few, many))[bound] is None


def test_the_slowest_of_a_crowd_is_compared_at_64_clients():
    here = sample("ours-control", 1, clients=64, p99_ms=20), sample("f1", 1, clients=64, p99_ms=30)
    elsewhere = sample("ours-control", 1, p99_ms=99), sample("f1", 1, p99_ms=1)
    assert verdicts(run(*elsewhere, *here))["get: p99 at 64 clients below that of f1"] is True


def test_memory_is_compared_with_f1_and_starting_with_the_clock():
    servers = [
        {"system": "ours-gunicorn", "memory_a_worker": 90 * 2**20, "start_up": 1.5},
        {"system": "f1", "memory_a_worker": 80 * 2**20, "start_up": 3.0},
    ]
    found = verdicts(run(servers=servers))
    assert found["memory a worker ≤ that of f1"] is False
    assert found["to the first answer ≤ 2 s"] is True


def test_both_sizes_stand_beside_each_other():
    samples = [
        sample("ours-control", cost, workload="keyset", rows=rows) for cost, rows in ((110, 200_000), (100, 10_000))
    ]
    [line] = [line for line in report._sizes(samples).splitlines() if "cursor" in line]
    assert [cell.strip() for cell in line.split("|")[2:4]] == ["100 1.00×", "110 1.10×"]


def test_what_was_measured_is_kept_a_line_each(tmp_path):
    known = {"effort": {"rounds": 1}, "samples": [{"a": 1 / 3}, {"a": 2}], "sizes": [{"b": 3}]}
    session.save(known, tmp_path / "kept.json")
    text = (tmp_path / "kept.json").read_text()
    assert json.loads(text) == known | {"samples": [{"a": 0.3333}, {"a": 2}]}
    assert '\n  {"b": 3}\n' in text


def test_the_overview_says_how_many_times_ours_a_peer_costs():
    known = run(sample("ours-granian", 100), sample("f1", 250)) | {"load_before": [0.5], "load_after": [1.5]}
    known["effort"] = {"rounds": 1, "seconds": 10}
    known["machine"] = dict.fromkeys(("cores", "processor", "kernel", "postgresql", "redis"), "?")
    known["machine"] |= dict.fromkeys(("python", "node", "commit", "at"), "?")
    lines = report.markdown(known).splitlines()
    assert next(line for line in lines if "(F1)" in line).split("|")[2].strip() == "100,000 (250) 2.50×"
