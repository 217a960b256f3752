"""The real service, run by its example program, as a registrar and a venue see it."""

import base64
import json
import subprocess
import urllib.request

LIBRARY = 2


class City:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the service did not start")
        told = json.loads(line)
        self.base_url = told["base_url"]
        self.root_key = base64.b64decode(told["root_spki"])
        self.attester_key = told["attester"]
        self._registrar = told["registrar"]
        self._second_registrar = told["second_registrar"]
        self._venue = told["venue"]
        self._hall = told["hall"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # It runs until its input closes.
        self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def offer(self):
        """What the counter hands out for a fictional person; once they are known, it takes a second registrar."""
        answer = self.ask_for_an_enrolment()
        if "request" not in answer:
            return answer
        return self._post(f"/v1/registrar/requests/{answer['request']}/confirm", self._second_registrar, {})

    def ask_for_an_enrolment(self, devices="replaces"):
        """What one counter asks for alone."""
        return self._post("/v1/registrar/enrolments", self._registrar, {
            "document": {"type": "111", "number": "440399198803150018"},
            "name": "林示例",
            "identity_level": 4,
            "method": "counter",
            "devices": devices,
        })

    def devices(self, person):
        """The names of a person's devices, as a registrar sees them."""
        headers = {"Authorization": f"Bearer {self._registrar}"}
        request = urllib.request.Request(f"{self.base_url}/v1/registrar/persons/{person}/devices", headers=headers)
        with urllib.request.urlopen(request, timeout=20) as response:
            return [device["name"] for device in json.load(response)["devices"]]

    def scan(self, digits, operator):
        return self._post("/v1/scans", self._venue, {"code": digits, "scene": LIBRARY, "operator": operator})

    def scan_in_hall(self, digits, scene):
        return self._post("/v1/scans", self._hall, {"code": digits, "scene": scene, "operator": "desk-1"})

    def _post(self, path, secret, body):
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.base_url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)
