"""The recipes for Slurm and Kubernetes are what their programs read: built, parsed, and Slurm's run with a stand-in."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from autograder.course import Course

ROOT = Path(__file__).parents[2]
SLURM, KUBERNETES = ROOT / "deploy" / "slurm", ROOT / "deploy" / "kubernetes"

distributed: Any = pytest.importorskip(
    "distributed", reason="dask is not installed: pip install -e '.[cluster]'"
)
pytest.importorskip("dask_jobqueue", reason="dask-jobqueue is not installed: pip install -e '.[cluster]'")
yaml: Any = pytest.importorskip("yaml")  # dask brings it


def start(*options: str, path: str = "", cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SLURM / "start.py"), *options],
        cwd=cwd,
        env={**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}" if path else os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def directives(script: str) -> dict[str, str]:
    """The options of a job's header, as sbatch reads them: until the first line that is neither comment nor empty."""
    found: dict[str, str] = {}
    shebang, *lines = script.splitlines()
    assert shebang.startswith("#!/")
    for line in lines:
        if line.startswith("#SBATCH "):
            option, _, value = line.removeprefix("#SBATCH ").replace("=", " ", 1).partition(" ")
            assert option not in found and re.fullmatch(r"-[A-Za-z]|--[a-z-]+", option), line
            found[option] = value
        elif line and not line.startswith("#"):
            break
    assert script.count("#SBATCH") == len(found), "a directive after a command is not read"
    return found


def test_slurms_script_asks_for_a_machine_of_single_threaded_workers(tmp_path: Path) -> None:
    shown = start("--show", cwd=tmp_path)
    script, complaints = shown.communicate(timeout=120)
    assert shown.returncode == 0, complaints
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    asked = directives(script)
    settings = yaml.safe_load((SLURM / "jobqueue.yaml").read_text())["jobqueue"]["slurm"]
    cores = settings["cores"]
    assert asked["-n"] == "1" and asked["--cpus-per-task"] == str(cores) == str(settings["processes"])
    assert asked["-t"] == "02:00:00" and asked["-p"] == "normal" and asked["-J"] == "grading"
    assert asked["--mem"] == "32G" and asked["--requeue"] == ""
    *before, command = [line for line in script.splitlines() if line and not line.startswith("#")]
    words = shlex.split(command)
    assert words[:3] == [settings["python"], "-m", "distributed.cli.dask_worker"]
    assert words[3].startswith("tcp://")
    given = dict(zip(words, words[1:], strict=False))
    assert given["--nthreads"] == "1" and given["--nworkers"] == str(cores)
    assert any("doctor --quick || exit 1" in line for line in before)


def test_slurms_settings_are_settings_of_dask_jobqueue() -> None:
    """A misspelt one would be passed over in silence."""
    import dask_jobqueue

    known = yaml.safe_load((Path(dask_jobqueue.__file__).parent / "jobqueue.yaml").read_text())["jobqueue"][
        "slurm"
    ]
    ours = yaml.safe_load((SLURM / "jobqueue.yaml").read_text())["jobqueue"]["slurm"]
    assert set(ours) <= set(known)


SBATCH = """#!/bin/sh
# Stands in for Slurm: takes a copy of the script, as Slurm does, since its sender deletes it at once; runs it here.
copy=$(mktemp ./job.XXXXXX) && cp "$1" "$copy" || exit 1
setsid sh "$copy" >/dev/null 2>job.err & echo $! >>jobs
echo Submitted batch job $!
"""
SCANCEL = """#!/bin/sh
kill -- -"$1"
"""


def test_slurms_recipe_starts_workers_that_a_grader_can_use(tmp_path: Path) -> None:
    """All but Slurm itself is real: the program, the job's script, the scheduler and two workers."""
    for name, text in {"sbatch": SBATCH, "scancel": SCANCEL}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    settings = yaml.safe_load((SLURM / "jobqueue.yaml").read_text())
    slurm = settings["jobqueue"]["slurm"]
    slurm |= {
        "cores": 2,
        "processes": 2,
        "memory": "4GiB",
        "python": sys.executable,
        "job-script-prologue": [],
    }
    slurm |= {"shebang": "#!/bin/sh", "local-directory": str(tmp_path)}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(settings))
    program = start("--settings", str(tmp_path / "mine.yaml"), path=str(tmp_path), cwd=tmp_path)
    try:
        assert program.stdout is not None
        line = program.stdout.readline()
        assert line.startswith("autograder grade ASSIGNMENT --cluster tcp://"), line
        with distributed.Client(line.split()[-1], set_as_default=False) as client:
            client.wait_for_workers(2, timeout=300)
            assert set(client.nthreads().values()) == {1}
    finally:
        program.send_signal(signal.SIGINT)
        try:
            assert program.wait(30) == 0
        finally:
            for job in (tmp_path / "jobs").read_text().split():  # ended already, where all is well
                try:
                    os.killpg(int(job), signal.SIGKILL)
                except ProcessLookupError:
                    pass


# Kubernetes: no cluster is asked, so what its objects must have is written down here -------------------------------

QUANTITY = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(m|[KMGT]i?)?$"}
NAME = {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63}
PORT = {"type": "integer", "minimum": 1, "maximum": 65535}


def closed(required: list[str] | None = None, /, **properties: Any) -> dict[str, Any]:
    """An object with these keys and no other, so that a misspelt one is found."""
    return {
        "type": "object",
        "properties": properties,
        "required": required or [],
        "additionalProperties": False,
    }


def listed(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1}


TEXT, FLAG, LABELS = (
    {"type": "string"},
    {"type": "boolean"},
    {"type": "object", "additionalProperties": {"type": "string"}},
)
CONTAINER = closed(
    ["name", "image"],
    name=NAME,
    image=TEXT,
    imagePullPolicy={"enum": ["Always", "IfNotPresent", "Never"]},
    args=listed(TEXT),
    env=listed(closed(["name", "value"], name=TEXT, value=TEXT)),
    ports=listed(closed(["containerPort"], name=NAME, containerPort=PORT, protocol={"enum": ["TCP", "UDP"]})),
    resources=closed(
        requests=closed(cpu=QUANTITY, memory=QUANTITY), limits=closed(cpu=QUANTITY, memory=QUANTITY)
    ),
    readinessProbe=closed(
        ["httpGet"],
        httpGet=closed(["port"], port={}, path=TEXT),
        initialDelaySeconds={"type": "integer"},
        periodSeconds={"type": "integer"},
    ),
    securityContext=closed(allowPrivilegeEscalation=FLAG, capabilities=closed(drop=listed(TEXT))),
    volumeMounts=listed(
        closed(["name", "mountPath"], name=NAME, mountPath=TEXT, subPath=TEXT, readOnly=FLAG)
    ),
)
POD = closed(
    ["containers"],
    containers=listed(CONTAINER),
    restartPolicy={"enum": ["Always", "OnFailure", "Never"]},
    automountServiceAccountToken=FLAG,
    securityContext=closed(runAsNonRoot=FLAG, runAsUser={"type": "integer"}),
    volumes=listed(
        closed(
            ["name"],
            name=NAME,
            emptyDir=closed(sizeLimit=QUANTITY),
            persistentVolumeClaim=closed(["claimName"], claimName=NAME),
        )
    ),
)
SERVICE = closed(
    ["selector", "ports"],
    type={"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
    selector=LABELS,
    ports=listed(
        closed(
            ["port"],
            name=NAME,
            protocol={"enum": ["TCP", "UDP"]},
            port=PORT,
            targetPort={"type": ["string", "integer"]},
        )
    ),
)
CLUSTER = closed(
    ["scheduler", "worker"],
    idleTimeout={"type": "integer"},
    worker=closed(["spec"], replicas={"type": "integer", "minimum": 0}, spec=POD),
    scheduler=closed(["spec", "service"], spec=POD, service=SERVICE),
)
SELECTOR = closed(matchLabels=LABELS)
PEERS = listed(closed(podSelector=SELECTOR, namespaceSelector=SELECTOR))
PORTS = listed(closed(protocol={"enum": ["TCP", "UDP"]}, port=PORT))
POLICY = closed(
    ["podSelector"],
    podSelector=SELECTOR,
    policyTypes={"type": "array", "items": {"enum": ["Ingress", "Egress"]}},
    ingress=listed(closed(**{"from": PEERS, "ports": PORTS})),
    egress=listed(closed(to=PEERS, ports=PORTS)),
)


def an_object(version: str, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return closed(
        ["apiVersion", "kind", "metadata", "spec"],
        apiVersion={"const": version},
        kind={"const": kind},
        metadata=closed(["name"], name=NAME),
        spec=spec,
    )


def test_kubernetes_objects_are_of_the_operators_kind() -> None:
    cluster, policy = yaml.safe_load_all((KUBERNETES / "cluster.yaml").read_text())
    jsonschema.validate(cluster, an_object("kubernetes.dask.org/v1", "DaskCluster", CLUSTER))
    jsonschema.validate(policy, an_object("networking.k8s.io/v1", "NetworkPolicy", POLICY))

    name, spec = cluster["metadata"]["name"], cluster["spec"]
    ours = {"dask.org/cluster-name": name}  # which the operator gives each pod of the cluster
    assert spec["scheduler"]["service"]["selector"] == {**ours, "dask.org/component": "scheduler"}
    assert policy["spec"]["podSelector"]["matchLabels"] == ours
    (worker,), (scheduler,) = (spec[part]["spec"]["containers"] for part in ("worker", "scheduler"))
    assert worker["image"] == scheduler["image"], "one environment"
    ports = {port["name"]: port["containerPort"] for port in scheduler["ports"]}
    for port in spec["scheduler"]["service"]["ports"]:
        assert ports[port["targetPort"]] == port["port"]
    given = dict(zip(worker["args"], worker["args"][1:], strict=False))
    assert given["--name"] == "$(DASK_WORKER_NAME)" and given["--nthreads"] == "1"
    for part in ("worker", "scheduler"):
        pod = spec[part]["spec"]
        assert pod["automountServiceAccountToken"] is False, (
            "a submission's jail must find no key of the cluster's"
        )
        volumes = {volume["name"] for volume in pod.get("volumes", [])}
        assert {mount["name"] for c in pod["containers"] for mount in c.get("volumeMounts", [])} == volumes


def test_the_image_has_what_a_worker_needs() -> None:
    text = (KUBERNETES / "Dockerfile").read_text()
    commands = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    words = [line.split()[0] for line in commands if line.strip()]
    assert set(words) <= {"ARG", "FROM", "RUN", "WORKDIR", "COPY", "USER"} and words[:2] == ["ARG", "FROM"]
    assert "bubblewrap" in text and "--constraint constraints.txt" in text and "'.[cluster]'" in text
    user = re.search(r"--uid (\d+) (\w+)", text)
    cluster = next(yaml.safe_load_all((KUBERNETES / "cluster.yaml").read_text()))
    assert user is not None and commands[-1] == f"USER {user[2]}"
    for part in ("worker", "scheduler"):
        assert cluster["spec"][part]["spec"]["securityContext"]["runAsUser"] == int(user[1])


def test_the_image_holds_nothing_of_a_course() -> None:
    lines = (KUBERNETES / "Dockerfile.dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*", "what is not named stays out"
    named = {line[1:] for line in rules if line.startswith("!")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {
        "autograder",
        "selfcheck",
        "constraints.txt",
        project["readme"],
        *project["license-files"],
    } <= named
    course = Course(ROOT)
    private = (
        course.submitted,
        course.autograded,
        course.feedback,
        course.results,
        course.gradebook,
        course.secret,
    )
    assert not named & {path.name for path in private} and all((ROOT / name).exists() for name in named)
