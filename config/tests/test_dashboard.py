"""Every query of the dashboard asks for something that is counted, by labels that it has."""

import json
import re
from typing import Any

import pytest
from prometheus_client import REGISTRY

from accounts.models import AuditEvent
from common import metrics
from config.env import BASE_DIR

DASHBOARD = json.loads((BASE_DIR / "deploy/grafana/stockroom.json").read_text())
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]

# Of PromQL itself.
WORDS = {"by", "histogram_quantile", "increase", "max", "min", "rate", "sum", "topk"}
# What Prometheus adds.
ADDED = {"job", "le"}


def labels_by_name() -> dict[str, set[str]]:
    """Of every series there is, or is to be."""
    found: dict[str, set[str]] = {"health_check_up": {"check"}, "task_queue": {"status"}}
    for metric in vars(metrics).values():
        described: Any = getattr(metric, "describe", None)
        if described is None or isinstance(metric, type):
            continue
        for family in metric.describe():
            suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(family.type, [""])
            found |= {family.name + suffix: set(metric._labelnames) for suffix in suffixes}
    return found


def test_the_list_is_that_of_the_registry() -> None:
    ours = {family.name for family in REGISTRY.collect() if not family.name.startswith(("python_", "process_"))}
    listed = {re.sub("_(total|bucket|count|sum)$", "", name) for name in labels_by_name()}
    assert ours <= listed
    assert len(ours) > 8


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_names_what_there_is(query: str) -> None:
    known = labels_by_name()
    selectors = re.findall(r"(\w+)\{([^}]*)\}", query)
    assert selectors
    for name, matchers in selectors:
        assert name in known
        assert set(re.findall(r"(\w+)\s*(?:=|!)", matchers)) <= known[name] | ADDED
    grouped = {label.strip() for labels in re.findall(r"by \(([^)]*)\)", query) for label in labels.split(",")}
    assert grouped <= set().union(*(known[name] for name, _ in selectors)) | ADDED
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|by \([^)]*\)", "", query)
    assert set(re.findall(r"[a-z]\w*", bare)) <= WORDS | set(known)


def test_its_actions_are_the_audits() -> None:
    named = {
        action for query in QUERIES for names in re.findall(r'action=~"([^"]*)"', query) for action in names.split("|")
    }
    assert named <= set(AuditEvent.Action.values)
    assert named


def test_every_number_is_shown_or_is_another_of_one_that_is() -> None:
    shown = " ".join(QUERIES)
    unseen = {name for name in labels_by_name() if name not in shown and not name.endswith(("_count", "_sum"))}
    assert unseen == set()
