"""A disk that fills up, and has room again."""

import json
import shutil
import subprocess
import time
import unittest

from city import CHEN, LIN, City, until


def small_disk(folder, megabytes):
    """Mounts a small file system at a folder; False where that is not allowed."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    return subprocess.run(mount, capture_output=True).returncode == 0


def fill(ballast):
    """Takes all the room that is left."""
    with open(ballast, "ab", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass
    return ballast


class Disk(unittest.TestCase):
    def setUp(self):
        self.city = City()
        self.addCleanup(self.city.close)
        self.disk = self.city.folder / "disk"
        if not small_disk(self.disk, 192):
            self.skipTest("mounting is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.disk)])
        shutil.move(self.city.folder / "data", self.disk / "data")
        (self.city.folder / "data").symlink_to(self.disk / "data")

    def fill(self):
        """Takes all the room that is left."""
        return fill(self.disk / "ballast")

    def entries(self):
        """How many entries the audit of the stopped register has; it is whole."""
        told = json.loads(self.city.admin("audit", "--data", "data"))
        self.assertTrue(told["whole"], told)
        return int(told["head"].split(":")[0])

    def scan_until_refused(self):
        """Scans, each of which is an entry, until one is refused; how many were acknowledged. A last page may take some."""
        body = {"code": self.city.code("wallet-lin"), "operator": "three"}
        for acknowledged in range(1000):
            status, answer = self.city.post("/v1/scans", self.city.library, body)
            if status != 200:
                self.assertEqual((status, answer["code"]), (503, "STORAGE_LOW"))
                return acknowledged
        raise AssertionError("a full disk took a thousand scans")

    def prepare(self):
        """Somebody who has used a code; that code, the person, and how many entries there are."""
        city = self.city
        city.start()
        person = city.enrol(LIN, "wallet-lin")
        used = city.code("wallet-lin")
        self.assertEqual(city.scan(used)["reason"], "OK")
        self.assertEqual(city.service.stop(), 0)
        entries = self.entries()
        city.start()
        return used, person, entries

    def test_a_full_disk_is_told_and_heals_by_itself_with_all_that_was_acknowledged_and_nothing_else(self):
        city = self.city
        used, person, entries = self.prepare()
        for _ in range(4):
            ballast = self.fill()
            entries += self.scan_until_refused()
            until(lambda: not city.is_ready(), "readyz says that the register takes nothing")
            self.assertEqual(city.get("/healthz")[0], 200)
            self.assertIn("REGISTER_READ_ONLY", city.conditions())
            # What is there is still read; not what the audit has to say who looked at.
            self.assertEqual(city.get("/v1/registrar/requests", city.registrar)[0], 200)
            self.assertEqual(city.get(f"/v1/registrar/persons/{person}/devices", city.registrar)[0], 503)
            ballast.unlink()
            # No restart: it is the same process, and takes writes again.
            until(city.is_ready, "ready again")
            self.assertIsNone(city.service.ended())
            self.assertNotEqual(city.scan(used, operator="two")["reason"], "OK", "what was acknowledged is there")
            entries += 1
        self.assertEqual(city.service.stop(), 0)
        self.assertEqual(self.entries(), entries, "every acknowledged scan has its entry, and no refused one has")
        city.start()
        city.until_let_through("wallet-lin")
        city.freeze(person)
        city.service.kill()
        self.entries()

    def test_a_write_that_was_refused_is_not_there_after_a_stop_either(self):
        city = self.city
        _, _, entries = self.prepare()
        ballast = self.fill()
        entries += self.scan_until_refused()
        ballast.unlink()
        self.assertEqual(city.service.stop(), 0)
        self.assertEqual(self.entries(), entries)

    def test_below_the_mark_nothing_new_is_taken_and_scans_and_freezes_go_on(self):
        city = self.city
        city.start()
        person = city.enrol(LIN, "wallet-lin")
        # Leaves less than 5 % of the disk.
        ballast = self.disk / "ballast"
        free = shutil.disk_usage(self.disk).free
        with open(ballast, "wb") as file:
            for _ in range((free - (6 << 20)) >> 16):
                file.write(bytes(1 << 16))
        until(lambda: "DISK_LOW" in city.conditions(), "readyz says that the disk is nearly full")
        self.assertTrue(city.is_ready())
        body = {"document": {"type": "111", "number": CHEN[0]}, "name": CHEN[1], "identity_level": 4, "method": "counter"}
        status, answer = city.post("/v1/registrar/enrolments", city.registrar, body)
        self.assertEqual((status, answer["code"]), (503, "STORAGE_LOW"))
        city.until_let_through("wallet-lin")
        city.freeze(person)
        ballast.unlink()
        until(lambda: "DISK_LOW" not in city.conditions(), "there is room again")
        city.offer(CHEN)
        self.assertEqual(city.service.stop(), 0)
        self.entries()


class GateDisk(unittest.TestCase):
    def setUp(self):
        self.city = City()
        self.addCleanup(self.city.close)
        city = self.city
        self.disk = city.folder / "gate-data"
        if not small_disk(self.disk, 1):
            self.skipTest("mounting is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.disk)])
        city.run("gate", "--make-key", "gate-1.pem")
        city.admin(*"gate --data data --venue park --device gate-1 --key gate-1.spki".split())
        city.start()
        city.enrol(LIN, "wallet-lin")

    def state(self, gate):
        return self.city.get("/v1/state", base=gate.base_url)[1]

    def told(self, gate):
        return [condition["code"] for condition in self.state(gate)["conditions"]]

    def is_ready(self, gate):
        return self.city.get("/readyz", base=gate.base_url)[0] == 200

    def pass_until_refused(self, gate):
        """How many pass, until the block that is begun is full."""
        passed = 0
        for _ in range(100):
            reason = self.city.pass_gate(gate, self.city.code("wallet-lin"))
            if reason == "REPLAY_MEMORY":
                return passed
            passed += reason == "OK"
            time.sleep(1.05)
        raise AssertionError("a full disk took a hundred codes")

    def test_a_gate_whose_disk_is_full_says_so_starts_refuses_and_goes_on_with_room(self):
        city = self.city
        gate = city.gate()
        city.until_passed(gate, "wallet-lin")
        passed = 1
        # What waits is let go with no room at all.
        city.service.stop()
        ballast = fill(self.disk / "ballast")
        passed += self.pass_until_refused(gate)
        self.assertEqual(self.told(gate), ["GATE_DISK_FULL"])
        self.assertFalse(self.is_ready(gate))
        city.start()
        until(lambda: self.state(gate)["queued"] == 0, "the full disk keeps nothing from the service", 200)
        ballast = fill(ballast)
        gate.stop()
        # It starts, and says why nobody passes.
        gate = city.gate(ready=False)
        self.assertEqual(self.told(gate), ["GATE_DISK_FULL"])
        self.assertFalse(self.is_ready(gate))
        self.assertEqual(city.get("/console/", base=gate.base_url)[0], 200)
        until(lambda: self.state(gate)["trust_version"], "lists are fetched")
        until(lambda: city.pass_gate(gate, city.code("wallet-lin")) == "REPLAY_MEMORY", "nobody passes")
        ballast.unlink()
        # No restart: it is the same process.
        until(lambda: self.is_ready(gate), "ready again")
        self.assertEqual(self.told(gate), [])
        city.until_passed(gate, "wallet-lin")
        self.assertIsNone(gate.ended())
        until(lambda: self.state(gate)["queued"] == 0, "uploaded", 200)
        uses = json.loads(city.wallet("wallet-lin", "uses", "--json"))
        self.assertEqual(len([use for use in uses if use["reason"] == "OK"]), passed + 1, "nothing is lost")


if __name__ == "__main__":
    unittest.main()
