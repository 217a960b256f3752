"""Every key of the service is replaced under a wallet that goes on."""

import unittest

from city import LIN, City

SIGNING = ["pass", "status", "scenes", "time", "venue", "receipt"]


class Keys(unittest.TestCase):
    def setUp(self):
        self.city = City()
        self.addCleanup(self.city.close)
        self.city.start()
        self.lin = self.city.enrol(LIN, "wallet-lin")
        self.assertEqual(self.city.reason("wallet-lin"), "OK")

    def rotate(self, name):
        """The three strokes of the runbook: new key aside, a list that names both, the new one in force."""
        city = self.city
        in_force = ["--trust-list", "trust-list.cbor", "--root", "root.spki"]
        city.admin("keys", "--out", "keys", "--rotate", name, *in_force)
        city.sign_trust_list()
        city.service.stop()
        city.admin("keys", "--out", "keys", "--activate", *in_force)
        city.start()

    def works_as_before(self):
        """Old passes are good, new ones come, and the person is the same."""
        city = self.city
        self.assertTrue(city.is_let_through("wallet-lin"))
        city.wallet("wallet-lin", "refresh")
        self.assertTrue(city.is_let_through("wallet-lin"))
        self.assertEqual(city.offer(LIN)["person"], self.lin, "nobody is enrolled twice")
        city.freeze(self.lin)
        self.assertEqual(city.reason("wallet-lin"), "FROZEN")

    def test_signing_keys_are_replaced_one_by_one(self):
        city = self.city
        for name in SIGNING:
            self.rotate(name)
            self.assertTrue(city.is_let_through("wallet-lin"), name)
        self.works_as_before()

    def test_the_registers_key_is_replaced_and_the_old_one_opens_nothing(self):
        city = self.city
        city.service.stop()
        old = (city.folder / "keys/register.key").read_bytes()
        city.admin("register-key", "--data", "data", "--keys", "keys", "--rotate")
        self.assertNotEqual((city.folder / "keys/register.key").read_bytes(), old)
        city.start()
        self.works_as_before()
        city.service.stop()
        (city.folder / "keys/register.key").write_bytes(old)
        refused = city.start(ready=False)
        self.assertNotEqual(refused.child.wait(60), 0, "another key is refused at the start")


if __name__ == "__main__":
    unittest.main()
