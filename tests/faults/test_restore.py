"""Folders that are put back from a copy."""

import json
import shutil
import time
import unittest

from city import CHEN, LIN, City, until
from clock import LIBRARIES, WallClock


class Restore(unittest.TestCase):
    def setUp(self):
        self.city = City()
        self.addCleanup(self.city.close)

    def copy_aside(self):
        shutil.copytree(self.city.folder / "data", self.city.folder / "copy")

    def put_back(self):
        shutil.rmtree(self.city.folder / "data")
        shutil.copytree(self.city.folder / "copy", self.city.folder / "data")

    def restored(self):
        return self.city.admin("restored", "--data", "data", "--keys", "keys", "--json")

    def test_a_register_from_before_somebodys_passes_takes_nobody_for_another(self):
        city = self.city
        self.copy_aside()
        city.start()
        city.enrol(LIN, "wallet-lin")
        self.assertEqual(city.reason("wallet-lin"), "OK")
        old_code = city.code("wallet-lin")
        city.service.stop()
        self.put_back()

        refused = city.start(ready=False)
        self.assertNotEqual(refused.child.wait(60), 0, "a register that went back is not served")
        self.assertIn("admin restored", refused.told())
        self.restored()
        city.start()
        chen = city.enrol(CHEN, "wallet-chen")
        self.assertEqual(city.scan(old_code)["reason"], "HOLDER_UNKNOWN")
        city.until_let_through("wallet-chen")
        city.freeze(chen)
        self.assertEqual(city.reason("wallet-chen"), "FROZEN")
        self.assertEqual(city.reason("wallet-lin"), "HOLDER_UNKNOWN", "another's freeze is not hers")

    def test_who_was_frozen_after_the_copy_is_frozen_again_and_used_codes_stay_used(self):
        city = self.city
        city.start()
        lin = city.enrol(LIN, "wallet-lin")
        city.enrol(CHEN, "wallet-chen")
        city.service.stop()
        self.copy_aside()
        city.start()
        used = city.code("wallet-chen")
        self.assertEqual(city.scan(used, operator="one")["reason"], "OK")
        city.freeze(lin)
        until(lambda: city.reason("wallet-lin") == "FROZEN", "frozen online")
        city.service.stop()
        self.put_back()

        told = self.restored()
        self.assertIn(lin, told, "an operator is told whom to look at")
        city.start()
        self.assertEqual(city.reason("wallet-lin"), "FROZEN", "until a lifting names the phone")
        self.assertNotEqual(city.scan(used, operator="two")["reason"], "OK")

    def test_a_wallet_goes_on_by_itself(self):
        city = self.city
        city.start()
        city.enrol(LIN, "wallet-lin")
        city.service.stop()
        self.copy_aside()
        city.start()
        self.assertEqual(city.reason("wallet-lin"), "OK")
        city.service.stop()
        self.put_back()
        self.restored()
        city.start()
        city.wallet("wallet-lin", "refresh")
        city.until_let_through("wallet-lin")

    @unittest.skipUnless(LIBRARIES, "libfaketime is not here")
    def test_a_phone_that_renewed_three_times_after_the_copy_goes_on_by_itself(self):
        city = self.city
        clock = WallClock(city.folder)
        city.start(environment=clock.environment)
        person = city.enrol(LIN, "wallet-lin")
        city.service.stop()
        self.copy_aside()
        city.start(environment=clock.environment)
        for renewals in (1, 2, 3):
            clock.ahead(700 * renewals)
            city.wallet("wallet-lin", "account")
        clock.ahead(0)
        # The head that is signed at the end is of the true time again.
        city.service.stop()
        self.put_back()
        # A pass of the very second of a restoration may be one of after it, and brings nobody back.
        time.sleep(1)
        self.restored()
        city.start()
        # Who comes back by a key alone is told to wait while the clock is looked at.
        refresh = ("wallet", "--dir", "wallet-lin", "refresh")
        until(lambda: city.attempt(*refresh).returncode == 0, "the wallet comes back")
        city.until_let_through("wallet-lin")
        seen = city.get(f"/v1/registrar/persons/{person}/devices", city.registrar)[1]
        devices = json.loads(seen) if isinstance(seen, bytes) else seen
        self.assertEqual((len(devices["devices"]), devices["ended"]), (1, []))


if __name__ == "__main__":
    unittest.main()
