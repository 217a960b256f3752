"""Whoever reads the log goes away, or reads no more."""

import os
import unittest

from city import LIN, City, until


class LogReaders(unittest.TestCase):
    def setUp(self):
        self.city = City()
        self.addCleanup(self.city.close)

    def test_a_service_goes_on_when_its_log_reader_has_gone(self):
        city = self.city
        reader, writer = os.pipe()
        city.start("--log", "debug", stderr=writer)
        os.close(writer)
        os.close(reader)
        city.enrol(LIN, "wallet-lin")
        for _ in range(20):
            self.assertEqual(city.post("/v1/scans", "no such secret")[0], 401)
        self.assertEqual(city.reason("wallet-lin"), "OK")
        self.assertIsNone(city.service.ended())
        self.assertEqual(city.service.stop(), 0)

    def test_a_service_goes_on_when_nobody_reads_its_full_log(self):
        city = self.city
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        city.start("--log", "trace", stderr=writer)
        os.close(writer)
        city.enrol(LIN, "wallet-lin")
        # Far more than a pipe holds.
        for _ in range(300):
            self.assertEqual(city.get("/v1/holder")[0], 401)
        self.assertEqual(city.reason("wallet-lin"), "OK")
        dropped = city.get("/metrics")[1].decode()
        self.assertRegex(dropped, r"szid_log_lines_dropped_total [1-9]")
        self.assertEqual(city.service.stop(), 0)

    def test_a_gate_goes_on_uploading_when_its_log_reader_has_gone(self):
        city = self.city
        city.start()
        city.enrol(LIN, "wallet-lin")
        city.run("gate", "--make-key", "gate-1.pem")
        city.service.stop()
        city.admin(*"gate --data data --venue park --device gate-1 --key gate-1.spki".split())
        city.start()
        reader, writer = os.pipe()
        gate = city.gate(stderr=writer)
        os.close(writer)
        os.close(reader)
        city.service.kill()
        self.assertEqual(city.pass_gate(gate, city.code("wallet-lin")), "OK")
        city.start()
        state = lambda: city.get("/v1/state", base=gate.base_url)[1]
        until(lambda: state()["queued"] == 0, "the receipt is uploaded", 200)
        self.assertIsNone(gate.ended())


if __name__ == "__main__":
    unittest.main()
