"""The pages that show the API work where there is no internet."""

import dataclasses
import re

import pytest
from serving import asking

from sanket_sim.live import frames
from sanket_sim.live.flying.flight_deck import FlightDeck


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with asking(FlightDeck(tmp_path_factory.mktemp("empty"))) as client:
        yield client


@pytest.fixture(scope="module")
def described(api):
    return api.get("/openapi.json").json()


def operations(described):
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_docs_name_no_other_host(api):
    page = api.get("/docs").text
    assert "//" not in page.replace("</", "").replace("<!--", "")
    assert '"validatorUrl": null' in page
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert address.startswith("/docs/assets/")
        assert api.get(address).status_code == 200


def test_the_assets_load_nothing_from_elsewhere(api):
    style = api.get("/docs/assets/swagger-ui.css").text
    assert not re.search(r"url\(['\"]?(https?:)?//", style)
    assert "@import" not in style
    script = api.get("/docs/assets/swagger-ui-bundle.js").text
    assert "SwaggerUIBundle" in script


def test_every_operation_is_explained(described):
    tags = {tag["name"] for tag in described["tags"]}
    for name, operation in operations(described):
        assert operation["summary"], name
        assert operation["description"], name
        assert set(operation["tags"]) <= tags, name


def test_every_answer_has_a_schema(described):
    for name, operation in operations(described):
        good = next(code for code in operation["responses"] if code.startswith("2"))
        content = operation["responses"][good]["content"]
        assert "application/json" not in content or content["application/json"]["schema"], name


def test_every_body_has_an_example(described):
    for name in ("StartRequest", "StepRequest", "SpeedRequest", "CommandRequest"):
        assert described["components"]["schemas"][name]["examples"], name


@pytest.mark.parametrize(
    "record", [frames.RunStatus, frames.Tile, frames.ServiceNow, frames.Point, frames.FeedRow,
               frames.Alert, frames.FraudDesk, frames.Crowd]
)  # fmt: skip
def test_schemas_have_the_fields_of_the_frames(described, record):
    schema = described["components"]["schemas"][record.__name__]
    assert list(schema["properties"]) == [field.name for field in dataclasses.fields(record)]
    required = {
        field.name
        for field in dataclasses.fields(record)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    assert set(schema["required"]) == required
