"""The files that deploy it name what is there: variables, commands, probes, ports and times that fit together."""

import re
import runpy
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.test import Client

from config.env import BASE_DIR
from config.tests.support import GOOD_KEY, load

COMPOSE = ("docker-compose.yml", "docker-compose.prod.yml")
VARIABLES = set(re.findall(r"^# ([A-Z][A-Z0-9_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))
DOCKERFILE = (BASE_DIR / "Dockerfile").read_text()
# What the master of the workers waits for, in seconds.
STOPPING = runpy.run_path(str(BASE_DIR / "gunicorn.conf.py"))["graceful_timeout"]


def compose(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((BASE_DIR / name).read_text())
    return found


def ours(name: str) -> dict[str, dict[str, Any]]:
    """The services that run our image."""
    return {title: service for title, service in compose(name)["services"].items() if "build" in service}


def kubernetes() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((BASE_DIR / "deploy/kubernetes.yaml").read_text()))


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in kubernetes():
        if resource["kind"] in ("Deployment", "Job"):
            yield resource["metadata"]["name"], resource["spec"]["template"]["spec"]
        elif resource["kind"] == "CronJob":
            yield resource["metadata"]["name"], resource["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def commands() -> list[str]:
    composed = [service["command"] for name in COMPOSE for service in ours(name).values() if "command" in service]
    contained = [shlex.join(pod["containers"][0]["command"]) for _, pod in pods() if "command" in pod["containers"][0]]
    return composed + contained


def test_each_variable_is_one_that_is_read() -> None:
    for name in COMPOSE:
        for title, service in ours(name).items():
            assert set(service["environment"]) <= VARIABLES, f"{name}: {title}"
    (config,) = (resource["data"] for resource in kubernetes() if resource["kind"] == "ConfigMap")
    assert set(config) <= VARIABLES
    for title, pod in pods():
        assert {variable["name"] for variable in pod["containers"][0].get("env", [])} <= VARIABLES, title


def test_each_command_is_there() -> None:
    named = {name for command in commands() for name in re.findall(r"manage\.py (\w+)", command)}
    assert {"migrate", "db_worker", "housekeeping"} <= named
    assert named <= set(get_commands())


def test_the_image_is_built_with_settings_that_start() -> None:
    """Static files are collected in production's settings, which refuse what is half set up."""
    (line,) = re.findall(r"^RUN (SECRET_KEY=.*?)python manage\.py collectstatic", DOCKERFILE, re.MULTILINE | re.DOTALL)
    given = dict(re.findall(r"\b([A-Z_]+)=([^\s\"]+)", line.split(')" ', 1)[1]))
    assert load("ENVIRONMENT", ENVIRONMENT="production", SECRET_KEY=GOOD_KEY, **given) == {"ENVIRONMENT": "production"}


def test_images_are_of_a_version() -> None:
    images = [service["image"] for name in COMPOSE for service in compose(name)["services"].values()]
    images += [pod["containers"][0]["image"] for _, pod in pods()]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    other = [image for image in images if not re.fullmatch(r"stockroom|\$\{STOCKROOM_IMAGE:-stockroom\}", image)]
    assert all(re.search(r":v?[0-9]", image) for image in other), other


def test_whoever_is_waited_for_can_say_that_it_is_there() -> None:
    for name in COMPOSE:
        services = compose(name)["services"]
        for service in services.values():
            for other, wait in service.get("depends_on", {}).items():
                if wait["condition"] == "service_healthy":
                    healthy = services[other].get("healthcheck", {})
                    assert "test" in healthy or ("build" in services[other] and not healthy), other
                else:
                    assert services[other]["restart"] == "no", other


def test_development_does_not_start_in_production_by_mistake() -> None:
    for service in ours("docker-compose.yml").values():
        assert service["environment"]["ENVIRONMENT"] == "local"
        assert service["environment"]["SECRET_KEY"].startswith("django-insecure")


def test_production_has_no_secret_of_its_own_and_opens_nginx_only() -> None:
    production = compose("docker-compose.prod.yml")
    for service in ours("docker-compose.prod.yml").values():
        assert service["environment"]["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert "${POSTGRES_PASSWORD:?" in production["services"]["postgres"]["environment"]["POSTGRES_PASSWORD"]
    assert [title for title, service in production["services"].items() if "ports" in service] == ["nginx"]
    assert production["networks"]["data"]["internal"]


def test_only_nginx_is_believed() -> None:
    production = compose("docker-compose.prod.yml")
    address = production["services"]["nginx"]["networks"]["front"]["ipv4_address"]
    assert {service["environment"]["TRUSTED_PROXIES"] for service in ours("docker-compose.prod.yml").values()} == {
        address
    }


def test_nothing_of_ours_may_more_than_it_needs() -> None:
    for title, service in ours("docker-compose.prod.yml").items():
        assert service["read_only"], title
        assert service["cap_drop"] == ["ALL"], title
        assert service["security_opt"] == ["no-new-privileges:true"], title
    for title, pod in pods():
        assert pod["securityContext"]["runAsNonRoot"], title
        assert pod["automountServiceAccountToken"] is False, title
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, title


def test_the_image_runs_as_the_user_that_kubernetes_names() -> None:
    (user,) = re.findall(r"^USER (\d+)$", (BASE_DIR / "Dockerfile").read_text(), re.MULTILINE)
    assert {pod["securityContext"]["runAsUser"] for _, pod in pods()} == {int(user)}


def test_nobody_kills_before_the_last_request_is_answered() -> None:
    for title, service in ours("docker-compose.prod.yml").items():
        grace = int(service["stop_grace_period"].removesuffix("s"))
        assert grace > int(service["environment"]["DRAIN_SECONDS"]) + STOPPING, title
    (config,) = (resource["data"] for resource in kubernetes() if resource["kind"] == "ConfigMap")
    for title, pod in pods():
        if "ports" in pod["containers"][0]:
            assert pod["terminationGracePeriodSeconds"] > int(config["DRAIN_SECONDS"]) + STOPPING, title


@pytest.mark.django_db(transaction=True)
def test_probes_ask_what_answers(client: Client) -> None:
    (app,) = (pod["containers"][0] for name, pod in pods() if name == "stockroom")
    ports = {port["name"] for port in app["ports"]}
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        probe = app[name]["httpGet"]
        assert client.get(probe["path"], headers={"Host": "10.1.2.3"}).status_code == 200
        assert probe["port"] in ports
    assert app["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert app["livenessProbe"]["httpGet"]["path"] == "/health", "a database that is away is no reason to restart"


def test_services_find_their_pods() -> None:
    labels = [
        resource["spec"]["template"]["metadata"]["labels"]
        for resource in kubernetes()
        if resource["kind"] == "Deployment"
    ]
    for resource in kubernetes():
        if resource["kind"] in ("Deployment", "Service", "PodDisruptionBudget"):
            selector = resource["spec"]["selector"]
            wanted = selector.get("matchLabels", selector)
            assert len([found for found in labels if wanted.items() <= found.items()]) == 1, resource["metadata"]


def test_the_image_has_what_runs_and_nothing_else() -> None:
    ignored = (BASE_DIR / ".dockerignore").read_text().split()
    assert {".git", ".env", ".local", ".venv", "**/tests"} <= set(ignored)
    assert not {"manage.py", "gunicorn.conf.py", "config", "requirements.txt"} & set(ignored)
