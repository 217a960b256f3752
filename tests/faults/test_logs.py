"""Whoever reads the log goes away, or reads no more."""

import fcntl
import os
import re
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
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        city.start("--log", "trace", stderr=writer)
        os.close(writer)
        city.enrol(LIN, "wallet-lin")
        # Far more than this pipe and the queue before it hold.
        for _ in range(6000):
            self.assertEqual(city.get("/healthz")[0], 200)
        self.assertEqual(city.reason("wallet-lin"), "OK")
        dropped = re.search(r"szid_log_lines_dropped_total (\d+)", city.get("/metrics")[1].decode())
        self.assertGreater(int(dropped[1]), 0)
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
