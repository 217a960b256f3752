"""Clocks that step, forth and back, under the running service."""

import time
import unittest

from city import CHEN, LIN, City, until
from clock import LIBRARIES, WallClock

DAY = 86_400
# Longer than the service's housekeeping waits between two rounds.
ROUND = 150


@unittest.skipUnless(LIBRARIES, "libfaketime is not here")
class Clocks(unittest.TestCase):
    def setUp(self):
        self.city = City()
        self.addCleanup(self.city.close)
        self.clock = WallClock(self.city.folder)
        self.city.start(environment=self.clock.environment)

    def step(self, seconds):
        """Steps the clock over a round of housekeeping, and back."""
        self.clock.ahead(seconds)
        until(lambda: "CLOCK_STEPPED" in self.city.conditions(), "the step is told", ROUND)
        self.clock.ahead(0)

    def test_two_days_ahead_for_a_while_forgets_nobody_and_thaws_nobody(self):
        city = self.city
        city.enrol(LIN, "wallet-lin")
        chen = city.enrol(CHEN, "wallet-chen")
        city.freeze(chen)
        used = city.code("wallet-lin")
        self.assertEqual(city.scan(used, operator="one")["reason"], "OK")
        self.step(2 * DAY)
        city.until_let_through("wallet-lin")
        self.assertEqual(city.reason("wallet-chen"), "FROZEN")
        self.assertNotEqual(city.scan(used, operator="two")["reason"], "OK", "a used code stays used")
        self.assertIn("CLOCK_STEPPED", city.service.told(), "the log tells of the step")
        self.assertIn("szid_condition", city.get("/metrics")[1].decode())

    def test_a_hundred_days_ahead_for_a_while_leaves_every_wallet_its_account(self):
        city = self.city
        city.enrol(LIN, "wallet-lin")
        self.step(100 * DAY)
        city.wallet("wallet-lin", "refresh")
        city.until_let_through("wallet-lin")

    def test_eight_hours_ahead_for_a_while_leaves_gates_working(self):
        city = self.city
        city.enrol(LIN, "wallet-lin")
        gate = city.gate()
        self.assertEqual(city.pass_gate(gate, city.code("wallet-lin")), "OK")
        self.clock.ahead(8 * 3600)
        # The gate asks for lists within a minute and a bit.
        time.sleep(80)
        self.clock.ahead(0)
        until(lambda: city.pass_gate(gate, city.code("wallet-lin")) == "OK", "the gate accepts again", ROUND)
        gate.stop()
        gate = city.gate()
        city.until_passed(gate, "wallet-lin")


if __name__ == "__main__":
    unittest.main()
