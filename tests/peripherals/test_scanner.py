"""Serial scanners at a gate: what they send, how they come and go, and how the gate ends beside them."""

import json
import os
import socket
import subprocess
import tempfile
import termios
import time
import unittest
import urllib.request
from pathlib import Path

from city import LIN, City, until
from scanner import Scanner, with_scanner

# What a service manager grants before it kills: the gate needs far less.
END = 1.0
SILENCE = 0.15
# Verdicts of a good code that came whole.
READ = ("OK", "REPLAY")
CODE = (float("-inf"), "")


def setUpModule():
    global CITY
    CITY = city = City()
    unittest.addModuleCleanup(city.close)
    city.run("gate", "--make-key", "gate-1.pem")
    city.admin(*"gate --data data --venue park --device gate-1 --key gate-1.spki".split())
    city.start()
    city.enrol(LIN, "lin")


class Scanners(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.city = CITY
        cls.scanner = Scanner(CITY.folder / "scanner")
        cls.cooked = cls.scanner.settings()

    @property
    def code(self):
        """A citizen's code that is not too old: whether it was used before says nothing of the scanner."""
        global CODE
        if time.monotonic() - CODE[0] > 25:
            CODE = time.monotonic(), CITY.code("lin")
        return CODE[1]

    def reads(self, text, *, scanner=None, verdicts=None, **how):
        """The code of before is read out of what is sent, once."""
        (scanner or self.scanner).send(text, **how)
        self.assertIn((verdicts or self.verdicts).next(), READ, repr(text)[:40])

    def conditions(self, gate):
        state = self.city.get("/v1/state", base=gate.base_url)[1]
        return [condition["code"] for condition in state["conditions"]]

    def ends(self, gate):
        """It ends within the second, and nothing of it stays behind."""
        begun = time.monotonic()
        self.assertEqual(gate.stop(), 0, gate.told())
        seconds = time.monotonic() - begun
        self.assertLess(seconds, END)
        return seconds


class Lines(Scanners):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gate, cls.verdicts = with_scanner(cls.city, cls.scanner.name)
        cls.addClassCleanup(cls.gate.stop)

    def test_the_terminal_is_a_line_of_bytes(self):
        iflag, oflag, cflag, lflag, *_, characters = self.scanner.settings()
        keys = termios.ICANON | termios.ECHO | termios.ECHONL | termios.ISIG | termios.IEXTEN
        self.assertFalse(lflag & keys)
        changes = termios.IXON | termios.IXOFF | termios.ICRNL | termios.ISTRIP | termios.BRKINT
        self.assertFalse(iflag & changes)
        self.assertFalse(cflag & termios.CRTSCTS)
        self.assertEqual((characters[termios.VMIN], characters[termios.VTIME]), (1, 0))
        self.scanner.sent_back()
        self.reads(self.code + "\r\n")
        self.assertEqual(self.scanner.sent_back(), b"", "nothing is echoed")

    def test_no_byte_is_a_key(self):
        for byte in [*range(0x01, 0x0A), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F]:
            self.reads(bytes([byte]) + self.code.encode() + b"\r")
        self.verdicts.no_more()

    def test_a_line_ends_as_the_scanner_is_set(self):
        for end in ["\r", "\n", "\r\n", "\t", "\t\r\n", "\x03", "\0", "", "#END", "#END\r"]:
            self.reads(self.code + end)
        for end in ["", "#END"]:
            self.reads(self.code + end)
            self.verdicts.no_more(2.5 * SILENCE)

    def test_two_citizens_without_a_line_end_are_two(self):
        for between in ["", "P01"]:
            one = self.city.code("lin")
            # Two codes of one second are one.
            time.sleep(1)
            self.scanner.send(one + between + self.city.code("lin"))
            self.assertIn(self.verdicts.next(), READ, between)
            self.assertEqual(self.verdicts.next(), "OK", between)
            self.verdicts.no_more()

    def test_a_slow_line_is_one_scan(self):
        self.reads(self.code, piece=40, pause=SILENCE / 8)
        self.verdicts.no_more()

    def test_a_silence_ends_a_line(self):
        self.scanner.send(self.code[:300])
        begun = time.monotonic()
        self.assertEqual(self.verdicts.next(), "TEXT_LENGTH")
        self.assertGreater(time.monotonic() - begun, SILENCE * 0.8)
        self.reads(self.code)
        self.scanner.send("https://example.org")
        self.assertEqual(self.verdicts.next(), "NOT_A_CITIZEN_CODE")

    def test_prefixes_that_nobody_configured_are_taken_off(self):
        for prefix in ["P01", "s", "QR", "000", "]Q1", "\x02", "\x02]Q1", "]Q1P01"]:
            self.reads(prefix + self.code + "\r")
        self.scanner.send("0123456789ABCDEFG" + self.code + "\r")
        self.assertEqual(self.verdicts.next(), "TEXT_CHARACTER")

    def test_a_scanner_that_never_stops_is_waited_out(self):
        for _ in range(50):
            self.scanner.send("9" * 2000)
        self.assertEqual(self.verdicts.next(), "NOT_A_CITIZEN_CODE")
        self.reads(self.code + "\r")

    def test_json_may_begin_with_a_byte_order_mark(self):
        body = b"\xef\xbb\xbf" + json.dumps({"code": self.code, "operator": "desk"}).encode()
        for base, secret in [(self.gate.base_url, ""), (self.city.base_url, self.city.library)]:
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
            request = urllib.request.Request(f"{base}/v1/scans", body, headers)
            with urllib.request.urlopen(request, timeout=5) as answer:
                self.assertIn(json.load(answer)["reason"], [*READ, "OK_AGAIN"])


class Ends(Scanners):
    def start(self, name, *arguments, **options):
        gate, verdicts = with_scanner(self.city, name, *arguments, **options)
        self.addCleanup(gate.kill)
        return gate, verdicts

    def test_the_gate_ends_at_once_and_puts_the_settings_back(self):
        self.assertEqual(self.scanner.settings(), self.cooked)
        for begun in ["", self.code[:300]]:
            gate, _ = self.start(self.scanner.name)
            self.scanner.send(begun)
            # A page that is open, and a request that never ends.
            with socket.create_connection(gate.base_url[7:].split(":"), 5) as page:
                page.sendall(b"POST /v1/scans HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{")
                self.ends(gate)
            self.assertEqual(self.scanner.settings(), self.cooked)
        # The next one has the scanner to itself, and nothing of what was sent to nobody.
        self.scanner.send(self.code[:300])
        gate, verdicts = self.start(self.scanner.name)
        self.reads(self.code + "\r", verdicts=verdicts)
        self.ends(gate)

    def test_a_gate_on_standard_input_ends_at_once(self):
        gate, verdicts = self.start("-", stdin=subprocess.PIPE)
        gate.child.stdin.write(self.code.encode())
        gate.child.stdin.flush()
        self.assertIn(verdicts.next(), READ)
        self.ends(gate)
        gate, _ = self.start("-", stdin=subprocess.PIPE)
        gate.child.stdin.close()
        self.assertEqual(gate.child.wait(5), 0, "at the end of its input it ends in order")

    def test_a_scanner_that_is_unplugged_is_waited_for(self):
        gate, verdicts = self.start(self.scanner.name)
        for _ in range(2):
            self.scanner.unplug()
            until(lambda: "GATE_SCANNER_LOST" in self.conditions(gate), "it is told", 3, 0.02)
            status, told = self.city.get("/readyz", base=gate.base_url)
            self.assertEqual(status, 503)
            self.assertIn(str(self.scanner.name), told.decode())
            # The rest goes on.
            self.assertIn(self.city.pass_gate(gate, self.code), READ)
            self.scanner.plug_in()
            until(lambda: "GATE_SCANNER_LOST" not in self.conditions(gate), "it is opened", 5, 0.02)
            self.assertEqual(self.city.get("/readyz", base=gate.base_url)[0], 200)
            self.reads(self.code, verdicts=verdicts)
        self.scanner.unplug()
        until(lambda: "GATE_SCANNER_LOST" in self.conditions(gate), "it is told", 3)
        self.ends(gate)
        self.scanner.plug_in()

    def test_a_gate_may_be_there_before_its_scanner(self):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            name = Path(folder, "scanner")
            gate, verdicts = self.start(name, ready=False)
            until(lambda: "GATE_SCANNER_LOST" in self.conditions(gate), "it is told", 3)
            scanner = Scanner(name)
            until(lambda: self.city.get("/readyz", base=gate.base_url)[0] == 200, "it is opened", 20)
            self.reads(self.code, scanner=scanner, verdicts=verdicts)
            self.ends(gate)
        # A name that is wrong is told at the start.
        wrong = self.city.attempt("gate", "--config", "gate.toml", "--input", "no-such-file",
                                  environment={"SZID_CREDENTIAL": self.city.park})
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("no-such-file", wrong.stderr)

    def turnstile(self, name, commands):
        command = self.city.folder / name
        command.write_text(f"#!/bin/sh\n{commands}\n")
        command.chmod(0o755)
        return str(command)

    def test_a_silence_counts_while_the_turnstile_turns(self):
        turnstile = self.turnstile("slow", "sleep 1")
        gate, verdicts = self.start(self.scanner.name, "--exec", turnstile)
        self.reads(self.code, verdicts=verdicts)
        # Half a code and the next citizen's, one after the other, before the turnstile is back.
        self.scanner.send(self.code[:300])
        time.sleep(2 * SILENCE)
        self.scanner.send(self.code)
        self.assertEqual(verdicts.next(), "TEXT_LENGTH")
        self.assertIn(verdicts.next(), READ)
        verdicts.no_more()
        self.ends(gate)

    def test_a_turnstile_that_turns_is_left_to_it(self):
        turned = self.city.folder / "turned"
        turnstile = self.turnstile("turns", f"sleep 1.5\ntouch {turned}")
        gate, verdicts = self.start(self.scanner.name, "--exec", turnstile)
        self.reads(self.code, verdicts=verdicts)
        self.ends(gate)
        self.assertFalse(turned.exists())
        until(turned.exists, "it turns to its end", 5, 0.05)

    def test_a_pipe_that_a_program_opens_for_each_scan_is_no_lost_scanner(self):
        pipe = self.city.folder / "pipe"
        os.mkfifo(pipe)
        gate, verdicts = self.start(pipe)
        before = len(gate.told())
        for _ in range(4):
            with open(pipe, "w") as program:
                program.write(self.code + "\n")
            self.assertIn(verdicts.next(), READ)
            self.assertEqual(self.city.get("/readyz", base=gate.base_url)[0], 200)
            time.sleep(0.05)
        verdicts.no_more()
        self.assertNotIn("GATE_SCANNER_LOST", gate.told()[before:])
        # One that is not there any more is lost, and another one in its place is found.
        pipe.unlink()
        until(lambda: "GATE_SCANNER_LOST" in self.conditions(gate), "it is told", 3, 0.02)
        os.mkfifo(pipe)
        until(lambda: "GATE_SCANNER_LOST" not in self.conditions(gate), "it is opened", 5, 0.02)
        with open(pipe, "w") as program:
            program.write(self.code)
        self.assertIn(verdicts.next(), READ)
        self.ends(gate)

    def test_a_scanner_on_standard_input_is_a_line_of_bytes_too(self):
        with open(self.scanner.name, "rb") as scanner:
            gate, verdicts = self.start("-", stdin=scanner)
        for text in [self.code, f"\x02{self.code}\x03\r", f"\x04{self.code}\x04\r"]:
            self.reads(text, verdicts=verdicts)
        self.assertEqual(self.scanner.sent_back(), b"")
        self.assertIsNone(gate.ended())
        self.ends(gate)
        self.assertEqual(self.scanner.settings(), self.cooked)

    def test_what_is_configured_is_taken_off(self):
        settings = 'scanner_prefix = "园\\u0002"\nscanner_suffix = "99"\n'
        gate, verdicts = self.start(self.scanner.name, settings=settings)
        for text in [f"园\x02{self.code}99\r", f"园\x02{self.code}99", f"{self.code}\r"]:
            self.reads(text, verdicts=verdicts)
        verdicts.no_more()
        self.ends(gate)


if __name__ == "__main__":
    unittest.main()
