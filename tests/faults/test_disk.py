"""A disk that fills up, and has room again."""

import shutil
import subprocess
import unittest

from city import LIN, City, until


def small_disk(folder, megabytes):
    """Mounts a small file system at a folder; False where that is not allowed."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    return subprocess.run(mount, capture_output=True).returncode == 0


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
        ballast = self.disk / "ballast"
        with open(ballast, "ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                pass
        return ballast

    def test_a_full_disk_is_told_and_a_restart_with_room_finds_all_that_was_acknowledged(self):
        city = self.city
        city.start()
        city.enrol(LIN, "wallet-lin")
        used = city.code("wallet-lin")
        self.assertEqual(city.scan(used)["reason"], "OK")
        ballast = self.fill()
        # The first write that fails is refused, and tells.
        code = {"code": city.code("wallet-lin"), "operator": "three"}
        until(lambda: city.post("/v1/scans", city.library, code)[0] == 503, "a scan is refused")
        until(lambda: not city.is_ready(), "readyz says that the register takes nothing")
        self.assertEqual(city.get("/healthz")[0], 200)
        self.assertIn("REGISTER_READ_ONLY", city.conditions())
        ballast.unlink()
        city.service.stop()
        city.start()
        city.until_let_through("wallet-lin")
        self.assertNotEqual(city.scan(used, operator="two")["reason"], "OK", "what was acknowledged is there")
        self.assertEqual(city.service.stop(), 0)
        self.assertIn("true", city.admin("audit", "--data", "data"))


if __name__ == "__main__":
    unittest.main()
