// A throw-away service and wallets, as processes of their own.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { freePort } from "./port.js";

const run = promisify(execFile);

/// Two codes of one second are one code, and the second one is a used one.
const anotherSecond = () => new Promise((resolve) => setTimeout(resolve, 1100));

const szid = join(process.env.BUILT, "szid");

export class City {
  static async found() {
    const city = new City();
    city.folder = await mkdtemp(join(tmpdir(), "szid-console-"));
    city.process = spawn(join(process.env.BUILT, "examples/throw-away-city"), { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: city.process.stdout });
    const [line] = await new Promise((resolve, reject) => {
      lines.once("line", (text) => resolve([text]));
      city.process.once("exit", () => reject(new Error("the service did not start")));
    });
    Object.assign(city, JSON.parse(line));
    city.root = join(city.folder, "root.spki");
    await writeFile(city.root, Buffer.from(city.root_spki, "base64"));
    return city;
  }

  /// Ends the service for good; wallets and gates stay.
  async stop() {
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.stdin.end();
    await gone;
  }

  async end() {
    if (this.process.exitCode === null) await this.stop();
    await rm(this.folder, { recursive: true });
  }

  /// Starts the park's gate and waits until it has its lists.
  async openGate() {
    const port = await freePort();
    await writeFile(join(this.folder, "gate.pem"), this.gate.key, { mode: 0o600 });
    const settings = {
      service: this.base_url, venue: "park", device: "gate-1", scene: 3,
      roots: ["root.spki"], key: "gate.pem", data_dir: "gate", listen: `127.0.0.1:${port}`, log: "error",
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
    await writeFile(join(this.folder, "gate.toml"), lines.join(""));
    const env = { ...process.env, SZID_CREDENTIAL: this.gate.secret };
    const gate = spawn(szid, ["gate", "--config", join(this.folder, "gate.toml")], { env, stdio: "inherit" });
    const url = `http://127.0.0.1:${port}`;
    for (let tries = 0; tries < 200; tries += 1) {
      const ready = await fetch(`${url}/readyz`).catch(() => null);
      if (ready?.ok) return { url, stop: () => gate.kill() };
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    gate.kill();
    throw new Error("the gate is not ready");
  }

  async post(path, body, headers = {}) {
    headers = { "content-type": "application/json", ...headers };
    const response = await fetch(this.base_url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: response.status, body: await response.json().catch(() => null) };
  }


  /// Enrols a fictional visitor and lets a wallet take the offer up.
  async citizen(number) {
    const document = { type: "414", number };
    const enrolment = { document, name: "SAMPLE, MARIA", identity_level: 4, method: "counter" };
    const headers = { authorization: `Bearer ${this.registrar}` };
    const { body } = await this.post("/v1/registrar/enrolments", enrolment, headers);
    const wallet = new Wallet(join(this.folder, number), body.person);
    await run(szid, ["wallet", "--dir", wallet.folder, "enrol", "--root", this.root, "--tx-code", body.tx_code, body.credential_offer]);
    await writeFile(wallet.pin, "493536\n");
    await run(szid, ["wallet", "--dir", wallet.folder, "pin", "set", "--pin-file", wallet.pin]);
    return wallet;
  }

  /// The citizen reports a loss from this very phone, which is suspended with the account and not ended.
  async freeze(wallet) {
    await run(szid, ["wallet", "--dir", wallet.folder, "lost", "--yes"]);
  }
}

class Wallet {
  constructor(folder, person) {
    this.folder = folder;
    this.person = person;
    this.pin = `${folder}.pin`;
  }

  /// Draws a code to a PNG file.
  async draw(file) {
    await anotherSecond();
    return run(szid, ["wallet", "--dir", this.folder, "code", "--png", file]);
  }

  /// Answers the next question of a venue.
  consents(answer) {
    return run(szid, ["wallet", "--dir", this.folder, "consents", answer, "--pin-file", this.pin, "--once", "20"]);
  }

  /// Confirms what a venue's code asks for.
  async visit(venueCode) {
    await anotherSecond();
    return run(szid, ["wallet", "--dir", this.folder, "visit", "--confirm", "--pin-file", this.pin, venueCode]);
  }

  /// Nine digits.
  async number() {
    await anotherSecond();
    const { stdout } = await run(szid, ["wallet", "--dir", this.folder, "number", "--json"]);
    return JSON.parse(stdout).number;
  }

  /// The digits of a code that was not shown before, and that answers a venue's code where one is given: a code is of one second.
  async code(venueCode) {
    const answers = venueCode ? ["--venue-code", venueCode] : [];
    for (;;) {
      const { stdout } = await run(szid, ["wallet", "--dir", this.folder, "code", "--digits", ...answers]);
      const digits = stdout.trim();
      if (digits !== this.last) return (this.last = digits);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
