"""The manifests for KubeRay have the fields that it knows, and fit the program. They are not run on a cluster."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from glimpse.command.app import make_app
from pipeline.cluster.ray_nodes import NETWORK_LABEL, NODE_LABEL, WORKER_RESOURCE
from pipeline.cluster.ray_session import health_environment

MANIFEST = Path(__file__).parents[2] / "install" / "kubernetes" / "glimpse.yaml"
TEXTS: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}


def closed(required: str = "", **properties: Any) -> dict[str, Any]:
    """An object with these keys and no others. required: names, with spaces between them."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


TEXT = {"type": "string", "minLength": 1}
NAME = {"type": "string", "pattern": r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"}
CONTAINER = closed(
    "name image",
    name=NAME,
    image=TEXT,
    command={"type": "array", "items": TEXT},
    env={"type": "array", "items": closed("name value", name=TEXT, value={"type": "string"})},
    envFrom={"type": "array", "items": closed("secretRef", secretRef=closed("name", name=NAME))},
    resources=closed("", requests=TEXTS, limits=TEXTS),
    volumeMounts={
        "type": "array",
        "items": closed("name mountPath", name=NAME, mountPath=TEXT, readOnly={"type": "boolean"}),
    },
)
VOLUME = closed(
    "name",
    name=NAME,
    emptyDir={"type": "object"},
    configMap=closed("name", name=NAME),
    persistentVolumeClaim=closed("claimName", claimName=NAME),
)
TEMPLATE = closed(
    "spec",
    spec=closed(
        "containers",
        containers={"type": "array", "items": CONTAINER, "minItems": 1},
        volumes={"type": "array", "items": VOLUME},
        nodeSelector=TEXTS,
    ),
)
COUNT = {"type": "integer", "minimum": 0}
# ray.io/v1 RayCluster, of its fields those that are used: KubeRay, ray-operator/apis/ray/v1/raycluster_types.go.
RAY_CLUSTER = closed(
    "apiVersion kind metadata spec",
    apiVersion={"const": "ray.io/v1"},
    kind={"const": "RayCluster"},
    metadata=closed("name", name=NAME),
    spec=closed(
        "headGroupSpec",
        rayVersion=TEXT,
        authOptions=closed("mode", mode={"enum": ["disabled", "token"]}),
        headGroupSpec=closed("template", rayStartParams=TEXTS, template=TEMPLATE),
        workerGroupSpecs={
            "type": "array",
            "items": closed(
                "groupName template",
                groupName=NAME,
                replicas=COUNT,
                minReplicas=COUNT,
                maxReplicas=COUNT,
                rayStartParams=TEXTS,
                template=TEMPLATE,
            ),
        },
    ),
)
CLAIM = closed(
    "apiVersion kind metadata spec",
    apiVersion={"const": "v1"},
    kind={"const": "PersistentVolumeClaim"},
    metadata=closed("name", name=NAME),
    spec=closed("accessModes resources", accessModes={"type": "array"}, resources=closed("requests", requests=TEXTS)),
)
SCHEMAS = {"RayCluster": RAY_CLUSTER, "PersistentVolumeClaim": CLAIM}


def documents() -> dict[str, Any]:
    return {document["kind"]: document for document in yaml.safe_load_all(MANIFEST.read_text())}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_field_is_one_that_there_is(kind: str) -> None:
    jsonschema.validate(documents()[kind], SCHEMAS[kind])


def test_a_field_that_is_misspelt_is_noticed() -> None:
    wrong = documents()["RayCluster"]
    wrong["spec"]["headGroupSpecs"] = wrong["spec"].pop("headGroupSpec")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, RAY_CLUSTER)


def test_volumes_that_are_mounted_are_there() -> None:
    spec = documents()["RayCluster"]["spec"]
    for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"]):
        pod = group["template"]["spec"]
        mounted = {mount["name"] for one in pod["containers"] for mount in one.get("volumeMounts", ())}
        assert mounted == {volume["name"] for volume in pod["volumes"]}


def test_it_fits_the_program() -> None:
    spec = documents()["RayCluster"]["spec"]
    head, [group] = spec["headGroupSpec"], spec["workerGroupSpecs"]
    _, site = head["template"]["spec"]["containers"]
    program, *words = site["command"]
    assert program == "glimpse"
    assert words[0] in make_app()
    assert head["rayStartParams"]["num-cpus"] == "0"
    assert WORKER_RESOURCE in group["rayStartParams"]["resources"]
    labels = dict(label.split("=") for label in group["rayStartParams"]["labels"].split(","))
    assert labels[NODE_LABEL] == group["groupName"]
    assert any(label.startswith(NETWORK_LABEL) for label in labels)
    given = {one["name"]: one["value"] for one in group["template"]["spec"]["containers"][0]["env"]}
    assert given.items() <= health_environment().items()
