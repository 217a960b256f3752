"""A city of real processes in one folder: `szid serve`, `szid gate`, `szid wallet`, `szid admin`, as an operator runs them.

Only Python's standard library. Every process is ended with the city, whatever became of the test.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

SZID = os.environ["SZID"]
LIN = ("440399198803150018", "林示例")
CHEN = ("440399199411020024", "陈演示")
# Waits are for conditions; this is only how long a broken one is waited for.
PATIENCE = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, what, seconds=PATIENCE, pause=0.1):
    """Waits for a condition and returns what it gave."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(pause)
    raise AssertionError(f"not in {seconds} s: {what}")


class Process:
    """A program that runs until it is stopped or killed. Its log goes to a file."""

    def __init__(self, arguments, folder, log, environment=None, **options):
        self.log = Path(log)
        with open(self.log, "ab") as stream:
            options.setdefault("stderr", stream)
            options.setdefault("stdout", subprocess.DEVNULL)
            self.child = subprocess.Popen(
                [SZID, *arguments], cwd=folder, env={**os.environ, **(environment or {})}, **options
            )

    def ended(self):
        return self.child.poll()

    def stop(self, how=signal.SIGTERM):
        """Ends it and returns its exit code."""
        if self.child.poll() is None:
            self.child.send_signal(how)
        return self.child.wait(PATIENCE)

    def kill(self):
        return self.stop(signal.SIGKILL)

    def told(self):
        return self.log.read_text(errors="replace")


class City:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="szid-faults-"))
        self.processes = []
        self.listen = f"127.0.0.1:{free_port()}"
        self.base_url = f"http://{self.listen}"
        self.service = None
        self.admin("root", "--out", "safe")
        self.admin("keys", "--out", "keys")
        shutil.copy(self.folder / "safe/root.spki", self.folder / "root.spki")
        self.trust_version = 0
        self.sign_trust_list()
        self.run("wallet", "mock-attester", "attester.pem")
        example = self.run("serve", "--print-example")
        config = example.replace("https://id.example.cn", self.base_url)
        config = config.replace("\ndemo_mode = false", "\ndemo_mode = true")
        config += '\n[[attesters]]\nkid = "mock-attester"\nkey = "attester.spki"\nat_most = 3\n'
        (self.folder / "szid.toml").write_text(config)
        self.admin("found", "--data", "data", "--keys", "keys", "--mode", "demo")
        self.admin(*"venue --data data --id library --uscc 12440399EXAMPLEB3N --scene 2".split(), "--name", "图书馆")
        self.admin(*"venue --data data --id park --uscc 91440399EXAMPLEC1C --scene 3".split(), "--name", "公园")
        self.library = self.credential("--venue", "library", "--device", "desk-1")
        self.park = self.credential("--venue", "park", "--device", "gate-1")
        self.registrar = self.credential("--registrar", "counter-1")
        self.second_registrar = self.credential("--registrar", "counter-2")

    # Commands

    def attempt(self, *arguments, environment=None, **options):
        """Runs a command to its end, whatever it comes to."""
        return subprocess.run(
            [SZID, *map(str, arguments)],
            cwd=self.folder,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            **options,
        )

    def run(self, *arguments, **options):
        """Runs a command that must succeed; its standard output."""
        done = self.attempt(*arguments, **options)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout.strip("\n")

    def admin(self, *arguments, **options):
        return self.run("admin", *arguments, **options)

    def credential(self, *whose):
        return self.admin("credential", "--data", "data", *whose)

    def sign_trust_list(self, *more_keys):
        self.trust_version += 1
        keys = [part for file in ("keys/public-keys.json", *more_keys) for part in ("--keys", file)]
        self.admin(
            *["trust", "--root", "safe/root.pem", *keys, "--base-url", self.base_url],
            *["--list-version", str(self.trust_version), "--out", "trust-list.cbor"],
        )

    # The service

    def start(self, *arguments, environment=None, ready=True, **options):
        """Starts `szid serve`, and waits until it should get requests."""
        self.service = Process(
            ["serve", "--listen", self.listen, *arguments], self.folder, self.folder / "serve.log", environment, **options
        )
        self.processes.append(self.service)
        if ready:
            until(lambda: self.is_ready() or self._has_ended(self.service), "the service is ready")
        return self.service

    @staticmethod
    def _has_ended(process):
        if process.ended() is not None:
            raise AssertionError(f"the service ended: {process.ended()}\n{process.told()[-4000:]}")
        return False

    def is_ready(self):
        return self.get("/readyz")[0] == 200

    def conditions(self):
        body = self.get("/readyz")[1]
        return [condition["code"] for condition in body.get("conditions", [])] if body else []

    def request(self, method, path, secret=None, body=None, base=None, headers=None):
        """Status and body of an answer, as JSON where it is that; (None, None) without an answer."""
        headers = dict(headers or {})
        if secret:
            headers["Authorization"] = f"Bearer {secret}"
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request((base or self.base_url) + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read()
        except OSError:
            return None, None
        try:
            return status, json.loads(content)
        except ValueError:
            return status, content

    def get(self, path, secret=None, **options):
        return self.request("GET", path, secret, **options)

    def post(self, path, secret=None, body=None, **options):
        return self.request("POST", path, secret, {} if body is None else body, **options)

    # Citizens

    def offer(self, who):
        """Enrols somebody at the counter; somebody known takes a second registrar."""
        number, name = who
        body = {"document": {"type": "111", "number": number}, "name": name, "identity_level": 4, "method": "counter"}
        status, answer = self.post("/v1/registrar/enrolments", self.registrar, body)
        if status == 202:
            confirm = f"/v1/registrar/requests/{answer['request']}/confirm"
            status, answer = self.post(confirm, self.second_registrar)
        assert status in (200, 201), (status, answer)
        return answer

    def enrol(self, who, wallet, environment=None):
        """Enrols somebody and takes the offer up in a wallet; the person's opaque id."""
        offer = self.offer(who)
        self.run(
            *["wallet", "--dir", wallet, "enrol", "--root", "root.spki", "--mock-attester", "attester.pem"],
            *["--tx-code", offer["tx_code"], offer["credential_offer"]],
            environment=environment,
        )
        return offer["person"]

    def wallet(self, wallet, *arguments, **options):
        return self.run("wallet", "--dir", wallet, *arguments, **options)

    def code(self, wallet, **options):
        return self.wallet(wallet, "code", "--digits", **options)

    def scan(self, code, secret=None, operator="desk"):
        status, verdict = self.post("/v1/scans", secret or self.library, {"code": code, "operator": operator})
        assert status == 200, (status, verdict)
        return verdict

    def reason(self, wallet, **options):
        return self.scan(self.code(wallet, **options))["reason"]

    def is_let_through(self, wallet):
        """A code is good, or was a moment ago: two that are drawn in one second are one."""
        return self.reason(wallet) in ("OK", "OK_AGAIN")

    def until_let_through(self, wallet):
        """Waits for a code that is good: the one of this second may have been used, or lie before what is taken as used."""
        until(lambda: self.is_let_through(wallet), "a code that is good", pause=1)

    def freeze(self, person):
        status, answer = self.post(f"/v1/registrar/persons/{person}/freeze", self.registrar, {"reason": "lost_phone"})
        assert status == 200, (status, answer)

    # Gates

    def gate(self, *arguments, data="gate-data", settings="", environment=None, ready=True, **options):
        """Starts `szid gate` for the park, and waits until it can accept, or else until it answers."""
        if not (self.folder / "gate-1.pem").exists():
            self.run("gate", "--make-key", "gate-1.pem")
        listen = f"127.0.0.1:{free_port()}"
        config = f"""service = "{self.base_url}"\nvenue = "park"\ndevice = "gate-1"\nscene = 3
roots = ["root.spki"]\nkey = "gate-1.pem"\ndata_dir = "{data}"\nlisten = "{listen}"\n{settings}"""
        (self.folder / "gate.toml").write_text(config)
        environment = {"SZID_CREDENTIAL": self.park, **(environment or {})}
        gate = Process(["gate", "--config", "gate.toml", *arguments], self.folder, self.folder / "gate.log", environment, **options)
        gate.base_url = f"http://{listen}"
        self.processes.append(gate)
        path = "/readyz" if ready else "/healthz"
        until(lambda: self.get(path, base=gate.base_url)[0] == 200 or self._has_ended(gate), "the gate is ready")
        return gate

    def until_passed(self, gate, wallet):
        """The same at a gate, where one code passes once."""
        until(lambda: self.pass_gate(gate, self.code(wallet)) == "OK", "a code that passes", pause=1)

    def pass_gate(self, gate, code):
        status, verdict = self.post("/v1/scans", None, {"code": code, "operator": "gate"}, base=gate.base_url)
        assert status == 200, (status, verdict)
        return verdict["reason"]

    def close(self):
        for process in self.processes:
            process.kill()
        if os.environ.get("SZID_FAULTS_KEEP"):
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
