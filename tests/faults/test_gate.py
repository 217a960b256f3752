"""Folders of gates and of the register that are put back, each without the other."""

import json
import shutil
import unittest

from city import LIN, City, until


class Gates(unittest.TestCase):
    def setUp(self):
        self.city = City()
        self.addCleanup(self.city.close)
        city = self.city
        city.run("gate", "--make-key", "gate-1.pem")
        city.admin(*"gate --data data --venue park --device gate-1 --key gate-1.spki".split())
        city.start()
        city.enrol(LIN, "wallet-lin")

    def put_back(self, name):
        shutil.rmtree(self.city.folder / name)
        shutil.copytree(self.city.folder / f"{name}-copy", self.city.folder / name)

    def copy_aside(self, name):
        shutil.copytree(self.city.folder / name, self.city.folder / f"{name}-copy")

    def passes(self, gate):
        """A code passes, and its receipt is uploaded."""
        city = self.city
        city.until_passed(gate, "wallet-lin")
        until(lambda: city.get("/v1/state", base=gate.base_url)[1]["queued"] == 0, "the receipt is uploaded", 200)

    def accepted(self):
        """How many uses at the park the citizen sees that were accepted."""
        uses = json.loads(self.city.wallet("wallet-lin", "uses", "--json"))
        return len([use for use in uses if use["venue"] == "park" and use["reason"] == "OK"])

    def test_a_gate_that_was_put_back_loses_no_receipt(self):
        city = self.city
        gate = city.gate()
        self.passes(gate)
        gate.stop()
        self.copy_aside("gate-data")
        gate = city.gate()
        self.passes(gate)
        gate.stop()
        self.put_back("gate-data")
        gate = city.gate()
        self.passes(gate)
        self.assertEqual(self.accepted(), 3)

    def test_a_register_that_was_put_back_takes_the_gates_next_receipts(self):
        city = self.city
        gate = city.gate()
        self.passes(gate)
        city.service.stop()
        self.copy_aside("data")
        city.start()
        self.passes(gate)
        self.passes(gate)
        city.service.stop()
        self.put_back("data")
        city.admin("restored", "--data", "data", "--keys", "keys")
        city.start()
        self.passes(gate)


if __name__ == "__main__":
    unittest.main()
