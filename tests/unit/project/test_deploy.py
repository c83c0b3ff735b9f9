"""The files of deploy/ agree with the program and with each other. `tests/e2e/test_deploy.py` asks the tools."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from app.config.http_mode import PATH
from app.config.settings import Settings, load
from app.running import END_WITHIN
from app.watchdog import ROUNDS
from bot.errors import SettingsError
from tests.support.checkout import ROOT
from tests.support.dockerfile import is_let_through, steps

if TYPE_CHECKING:
    from pathlib import Path

DEPLOY = ROOT / "deploy"
UNIT = (DEPLOY / "logoff-bot.service").read_text("utf-8")
STEPS = steps()
TO_COME = {"health", "replicas"} - set(Settings.model_fields)
"""Keys of the configuration that another part of this release brings."""


def unit(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", UNIT, re.MULTILINE)


def documents() -> dict[str, dict[str, Any]]:
    found = [
        each for file in sorted((DEPLOY / "kubernetes").glob("*.yaml")) for each in yaml.safe_load_all(file.open())
    ]
    return {f"{each['kind']} {each['metadata']['name']}": each for each in found}


OBJECTS = documents()
POD = OBJECTS["Deployment logoff-bot"]["spec"]["template"]["spec"]
CONFIGURATION = OBJECTS["ConfigMap logoff-bot"]["data"]["app.yaml"]


# systemd


def test_the_service_manager_waits_longer_than_the_bot_needs() -> None:
    assert int(unit("WatchdogSec")[0]) > ROUNDS
    assert int(unit("TimeoutStopSec")[0]) > END_WITHIN.total_seconds()
    assert int(unit("TimeoutStartSec")[0]) > 120
    assert (unit("Type"), unit("Restart")) == (["notify"], ["always"])


def test_no_secret_travels_in_the_unit() -> None:
    loaded = [each.partition(":") for each in unit("#?LoadCredential")]
    assert loaded
    for name, _, path in loaded:
        assert path.startswith("/etc/logoff-bot/secrets/"), name
    assert [each for each in unit("#?Environment") if re.search("PASSWORD|TOKEN|SECRET|DATABASE", each)] == []


def test_a_database_that_is_gone_is_not_made_anew_by_a_start() -> None:
    commands = [each.partition("bin/logoff-bot ")[2].split() for each in unit("ExecStart(?:Pre)?")]
    assert "CREATE=" in unit("Environment"), "empty, so that the command has one word less"
    assert [each[:2] for each in commands] == [["db", "upgrade"], ["run", "--config"]]
    upgrades = [each["args"] for each in POD["initContainers"]]
    assert not any("--create" in each for each in [*commands, *upgrades])


# The image


def test_the_image_runs_as_nobody_special_and_writes_into_one_folder() -> None:
    last = STEPS[max(index for index, step in enumerate(STEPS) if step.word == "FROM") :]
    words = {step.word: step.rest for step in last}
    assert re.fullmatch(r"[1-9][0-9]{3,}:[1-9][0-9]{3,}", words["USER"])
    assert words["WORKDIR"] == "/var/lib/logoff-bot"
    assert json.loads(words["ENTRYPOINT"]) == ["logoff-bot"]
    assert json.loads(words["CMD"])[0] == "run"
    check = json.loads(words["HEALTHCHECK"].partition("CMD ")[2])
    compile(check[2], "HEALTHCHECK", "exec")
    assert "/livez" in check[2]
    assert [step.rest.split()[0] for step in last if step.word == "COPY"] == ["--from=build"]


def test_the_image_takes_the_locked_packages_and_the_uv_of_the_makefile() -> None:
    runs = [step.rest for step in STEPS if step.word == "RUN" and "uv sync" in step.rest]
    assert all("--locked" in each for each in runs)
    [version] = re.findall(r"^UV_VERSION := (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert any(f"uv=={version}" in step.rest for step in STEPS)
    extras = set(re.findall(r"[a-z]+", next(step.rest for step in STEPS if step.word == "ARG").partition("=")[2]))
    assert extras <= set(_pyproject_extras())
    assert [step.rest for step in STEPS if step.word in ("ADD", "ENV") and "SECRET" in step.rest] == []
    assert f"pip install uv=={version}\n" in (ROOT / "docs" / "running.md").read_text("utf-8")


def _pyproject_extras() -> list[str]:
    text = (ROOT / "pyproject.toml").read_text("utf-8").partition("[project.optional-dependencies]")[2]
    return re.findall(r"^([a-z]+) = ", text.partition("\n[")[0], re.MULTILINE)


def test_nothing_of_the_machine_that_builds_gets_into_the_image() -> None:
    for path in (
        "app/cli/main.py",
        "adapters/windows/agent/agent.ps1",
        "migrations/versions/x.py",
        "uv.lock",
        "windows/LogoffBot/src/x.cs",
    ):
        assert is_let_through(path), path
    for path in ("app.yaml", ".env", "logoff-bot.db", "app/x.db", "bot/__pycache__/x.pyc", ".git/config", "deploy/x"):
        assert not is_let_through(path), path


# Kubernetes


def test_a_pod_may_nothing_that_it_does_not_need() -> None:
    assert POD["automountServiceAccountToken"] is False
    assert OBJECTS["ServiceAccount logoff-bot"]["automountServiceAccountToken"] is False
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in (*POD["initContainers"], *POD["containers"]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert not container["image"].endswith(":latest")
        assert "env" not in container
        assert container["resources"]["limits"]["memory"]
    [user] = [step.rest for step in STEPS if step.word == "USER"]
    assert user == f"{POD['securityContext']['runAsUser']}:{POD['securityContext']['runAsGroup']}"


def test_the_probes_are_those_of_health_and_a_start_has_the_time_that_it_needs() -> None:
    [bot] = POD["containers"]
    assert {name: bot[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")} == {
        "startupProbe": "/livez",
        "livenessProbe": "/livez",
        "readinessProbe": "/readyz",
    }
    assert bot["startupProbe"]["periodSeconds"] * bot["startupProbe"]["failureThreshold"] > 120
    ports = {each["name"]: each["containerPort"] for each in bot["ports"]}
    assert yaml.safe_load(CONFIGURATION)["health"]["listen"] == f"0.0.0.0:{ports['health']}"
    asleep = int(bot["lifecycle"]["preStop"]["exec"]["command"][1])
    assert POD["terminationGracePeriodSeconds"] > END_WITHIN.total_seconds() + asleep


def test_everything_finds_what_it_names() -> None:
    labels = OBJECTS["Deployment logoff-bot"]["spec"]["template"]["metadata"]["labels"].items()
    selectors = [
        OBJECTS["Deployment logoff-bot"]["spec"]["selector"]["matchLabels"],
        OBJECTS["PodDisruptionBudget logoff-bot"]["spec"]["selector"]["matchLabels"],
        OBJECTS["NetworkPolicy logoff-bot"]["spec"]["podSelector"]["matchLabels"],
        OBJECTS["NetworkPolicy logoff-bot-slack"]["spec"]["podSelector"]["matchLabels"],
        OBJECTS["Service logoff-bot"]["spec"]["selector"],
    ]
    assert all(each and each.items() <= labels for each in selectors)
    mounted = {each["name"] for container in POD["containers"] for each in container["volumeMounts"]}
    assert mounted == {each["name"] for each in POD["volumes"]}
    assert {each["metadata"].get("namespace") for name, each in OBJECTS.items() if "Namespace" not in name} == {
        OBJECTS["Namespace logoff-bot"]["metadata"]["name"]
    }
    [rule] = OBJECTS["Ingress logoff-bot"]["spec"]["rules"]
    assert rule["http"]["paths"][0]["path"] == PATH


def test_two_bots_may_share_the_work_and_one_stays() -> None:
    assert OBJECTS["Deployment logoff-bot"]["spec"]["replicas"] == 2
    assert OBJECTS["PodDisruptionBudget logoff-bot"]["spec"]["minAvailable"] == 1
    assert yaml.safe_load(CONFIGURATION)["replicas"] is True


SECRETS = {
    "slack_bot_token": "xoxb-1",
    "slack_app_token": "xapp-1",
    "slack_signing_secret": "5f" * 16,
    "audit_key": "k" * 40,
    "database_url": "postgresql+psycopg://bot:secret@postgres.example.com/bot",
    "winrm_password": "secret",
}


def read(folder: Path, text: str, secrets: dict[str, str]) -> Settings:
    """Return the settings of the file, with these secrets where it takes them from."""
    assert set(secrets) == set(OBJECTS["Secret logoff-bot"]["stringData"])
    for name, secret in secrets.items():
        (folder / name).write_text(secret)
    values = yaml.safe_load(text.replace("/run/secrets/logoff-bot/", f"{folder}/"))
    path = folder / "app.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in values.items() if key not in TO_COME}))
    return load(path, {})


def test_the_configuration_is_a_whole_one_and_all_its_secrets_are_mounted(tmp_path: Path) -> None:
    settings = read(tmp_path, CONFIGURATION, SECRETS)
    assert settings.slack.app_token.get_secret_value() == "xapp-1"
    assert len(settings.inventory().names) == 40


def test_the_configuration_of_http_mode_is_a_whole_one_too(tmp_path: Path) -> None:
    text = "\n".join(line for line in CONFIGURATION.splitlines() if "app_token:" not in line)
    for key in ("mode", "signing_secret", "public_url", "listen"):
        text = text.replace(f"# {key}:", f"{key}:")
    slack = read(tmp_path, text, SECRETS).slack
    assert (slack.mode, slack.public_url) == ("http", "https://logoff.example.com")
    ports = {each["name"]: each["containerPort"] for each in POD["containers"][0]["ports"]}
    assert slack.listen == f"0.0.0.0:{ports['slack']}"


def test_a_secret_that_nobody_filled_in_stops_the_start_and_is_named(tmp_path: Path) -> None:
    shipped = OBJECTS["Secret logoff-bot"]["stringData"]
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, CONFIGURATION, shipped)
    for key in ("audit_key", "slack.bot_token", "slack.app_token", "winrm.password"):
        assert key in refused.value.message
