"""A desk in Python, on a client by openapi-python-client."""

import os

from szid_client import AuthenticatedClient, Client
from szid_client.api.documents import trust_list
from szid_client.api.operator import operator_devices
from szid_client.api.scans import scan
from szid_client.models import ScanRequest

base_url = os.environ["BASE_URL"]
desk = AuthenticatedClient(base_url=base_url, token=os.environ["DESK"])
verdict = scan.sync(client=desk, body=ScanRequest(code=os.environ["CODE"], scene=2))
assert (verdict.decision, verdict.reason) in (("accept", "OK"), ("accept", "OK_AGAIN")), verdict
operator = AuthenticatedClient(base_url=base_url, token=os.environ["OPERATOR"])
devices = operator_devices.sync(client=operator)
assert [device.device for device in devices.devices], devices
document = trust_list.sync(client=Client(base_url=base_url)).payload.read()
assert document[0] == 0xD2, document[:8]
print(f"Python: {verdict.reason}, {len(devices.devices)} devices, {len(document)} bytes")
