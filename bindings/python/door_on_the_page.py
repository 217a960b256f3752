"""Runs the door of docs/mobile/python.md with the service there and away.

    door_on_the_page.py PATH_OF_THROW_AWAY_CITY PATH_OF_DOOR
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import szid
from city import City
from software_mocks import SoftwareMockDeviceKeys, SoftwareMockSealingKey
from whole_way import check

LIBRARY = "2"


class Door:
    def __init__(self, program, root, base, folder):
        arguments = [sys.executable, "-B", program, root, base, folder, LIBRARY]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)

    def __enter__(self):
        check("the door is ready", self.process.stdout.readline() == "ready\n")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        check("and ends with its scanner", self.process.wait(timeout=20) == 0)

    def scan(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        said, reason, *texts = self.process.stdout.readline().split()
        check(f"staff are told of {reason} in words", said == "open" or texts)
        return f"{said} {reason}"


def enrolled(city, folder):
    config = szid.WalletConfig(folder=str(folder / "wallet"), root_keys=[city.root_key], days_ahead=1, demo_mode=True)
    wallet = szid.Wallet.open(config, SoftwareMockDeviceKeys(), SoftwareMockSealingKey())
    offer = city.offer()
    asyncio.run(wallet.enrol(offer["credential_offer"], offer["tx_code"]))
    return wallet


def main(program, door):
    with tempfile.TemporaryDirectory() as folder, City(program) as city:
        folder = Path(folder)
        wallet = enrolled(city, folder)
        root = folder / "root.spki"
        root.write_bytes(city.root_key)

        def code():
            return wallet.code(wallet.app_opened()).digits

        first = code()
        place = (door, str(root), city.base_url, str(folder / "door"))
        with Door(*place) as at:
            check("a code opens it", at.scan(first) == "open OK")
            check("anything else does not", at.scan("https://example.org/menu") == "closed NOT_A_CITIZEN_CODE")
        city.process.stdin.close()
        city.process.wait(timeout=20)
        time.sleep(1.1)
        with Door(*place) as at:
            # To the same desk a code is good for some seconds more.
            known = at.scan(first) in ("open OK_AGAIN", "closed REPLAY")
            check("a used code is known after a start without the service", known)
            check("and another one opens", at.scan("]Q1" + code()) == "open OK")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
