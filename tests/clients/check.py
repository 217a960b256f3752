"""Starts a city, reads its description with other people's programs, and lets their clients work."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORK = HERE / ".work"
BUILT = Path(os.environ["BUILT"])
BIN = HERE / ".venv/bin"
NODE = HERE / "node_modules/.bin"
DESCRIPTION = WORK / "openapi.json"
# One run of any program here; what takes longer is broken.
PATIENCE = 240


def run(*command, **options):
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        **options,
    )
    if done.returncode != 0:
        sys.exit(f"clients: {' '.join(map(str, command[:4]))}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}")
    return done.stdout


@contextlib.contextmanager
def city():
    """A service with throw-away keys. It ends with its standard input."""
    with subprocess.Popen(
        [BUILT / "examples/throw-away-city"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as service:
        try:
            yield json.loads(service.stdout.readline())
        finally:
            service.stdin.close()


def ask(city, path, secret=None, body=None):
    headers = {"content-type": "application/json"}
    if secret:
        headers["authorization"] = f"Bearer {secret}"
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(
        urllib.request.Request(city["base_url"] + path, data, headers), timeout=30
    ) as answer:
        return answer.read()


class Desk:
    """What the clients work with: a city's secrets, and a citizen whom a counter has enrolled."""

    def __init__(self, city, folder):
        self.city = city
        (folder / "root.spki").write_bytes(base64.b64decode(city["root_spki"]))
        enrolment = {
            "document": {"type": "111", "number": "440399198803150018"},
            "name": "林示例",
            "identity_level": 4,
            "method": "counter",
        }
        offer = json.loads(ask(city, "/v1/registrar/enrolments", city["registrar"], enrolment))
        self.wallet = [BUILT / "szid", "wallet", "--dir", folder / "wallet"]
        root = ["--root", folder / "root.spki"]
        run(*self.wallet, "enrol", *root, "--tx-code", offer["tx_code"], offer["credential_offer"])

    def work(self, *command, **environment):
        """Runs a client with a code that was drawn a moment ago."""
        environment |= {
            "BASE_URL": self.city["base_url"],
            "DESK": self.city["venue"],
            "OPERATOR": self.city["operators"][2],
            "CODE": run(*self.wallet, "code", "--digits").strip(),
        }
        return run(*command, env={**os.environ, **environment})


def validate():
    run(BIN / "openapi-spec-validator", DESCRIPTION)
    run(NODE / "redocly", "lint", "--config", HERE / "redocly.yaml", "--format=stylish", DESCRIPTION)


def python_client(desk):
    target = WORK / "python"
    run(
        BIN / "openapi-python-client",
        "generate",
        "--path",
        DESCRIPTION,
        "--meta",
        "none",
        "--fail-on-warning",
        "--overwrite",
        "--output-path",
        target / "szid_client",
        "--config",
        HERE / "python.yaml",
    )
    return desk.work(BIN / "python", "-B", HERE / "python.py", PYTHONPATH=str(target))


def typescript_client(desk):
    target = WORK / "typescript"
    target.mkdir(exist_ok=True)
    run(NODE / "openapi-typescript", DESCRIPTION, "-o", target / "openapi.d.ts")
    shutil.copy(HERE / "typescript.ts", target / "desk.ts")
    (target / "package.json").write_text('{"type": "module"}')
    run(
        NODE / "tsc",
        "--strict",
        "--module",
        "nodenext",
        "--target",
        "es2022",
        "--skipLibCheck",
        "--lib",
        "es2022,dom",
        "desk.ts",
        cwd=target,
    )
    return desk.work("node", target / "desk.js")


def java_client(desk):
    target = WORK / "java"
    shutil.rmtree(target, ignore_errors=True)
    options = "invokerPackage=szid,apiPackage=szid.api,modelPackage=szid.model,openApiNullable=false,useJakartaEe=true"
    run(
        BIN / "openapi-generator-cli",
        "generate",
        "-g",
        "java",
        "--library",
        "native",
        "-i",
        DESCRIPTION,
        "-o",
        target,
        "--global-property",
        "apis=Scans:Operator:Documents,models,supportingFiles,apiTests=false,modelTests=false,"
        "apiDocs=false,modelDocs=false",
        "--additional-properties",
        options,
    )
    sources = [str(path) for path in (target / "src/main/java").rglob("*.java")]
    jars = f"{WORK}/jars/*"
    run("javac", "-nowarn", "-proc:none", "-cp", jars, "-d", target / "classes", HERE / "Desk.java", *sources)
    return desk.work("java", "-cp", f"{target}/classes:{jars}", "Desk")


def go_client(desk):
    target = WORK / "go"
    shutil.copytree(HERE / "go", target, dirs_exist_ok=True)
    run(
        WORK / "oapi-codegen",
        "-generate",
        "types,client",
        "-package",
        "main",
        "-o",
        target / "client.go",
        DESCRIPTION,
    )
    run("go", "build", "-o", "desk", ".", cwd=target)
    return desk.work(target / "desk")


def made_up_requests(city):
    """Bounded: a few requests of each kind for each route, and no answer but those that are described."""
    held_open = ["/v1/visits", "/v1/holder/consents"]
    checks = [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    ]
    command = [BIN / "schemathesis", "run", DESCRIPTION, "--url", city["base_url"]]
    command += ["--header", f"Authorization: Bearer {city['venue']}", "--checks", ",".join(checks)]
    command += ["--phases", "examples,fuzzing", "--max-examples", "4", "--generation-deterministic"]
    command += ["--workers", "2", "--warnings", "off", "--suppress-health-check", "all", "--no-color"]
    for path in held_open:
        command += ["--exclude-path", path]
    return run(*command, cwd=WORK)


def main():
    began = time.monotonic()
    tell = lambda said: print(f"{said.strip()} ({time.monotonic() - began:.0f}s)", flush=True)
    with city() as found, tempfile.TemporaryDirectory() as folder:
        DESCRIPTION.write_bytes(ask(found, "/openapi.json"))
        validate()
        tell("OpenAPI 3.1: valid")
        desk = Desk(found, Path(folder))
        for client in (python_client, typescript_client, java_client, go_client):
            tell(client(desk))
        made_up_requests(found)
        tell("made-up requests: as described")
    print("clients: passed")


main()
