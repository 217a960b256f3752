// A throw-away service and wallets, as processes of their own.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { freePort } from "./port.js";
import { Seconds } from "./seconds.js";
import { until } from "./until.js";

const run = promisify(execFile);

export const szid = join(process.env.BUILT, "szid");

export class City {
  citizens = new Map();

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
    const gate = this.startGate(szid);
    const url = `http://127.0.0.1:${port}`;
    await until(() => fetch(`${url}/readyz`).then(({ ok }) => ok, () => false), "the gate is not ready");
    return { url, ...gate };
  }

  /// Starts the gate as it is set up, by another program where it runs elsewhere.
  startGate(program, ...args) {
    const env = { ...process.env, SZID_CREDENTIAL: this.gate.secret };
    const gate = spawn(program, [...args, "gate", "--config", join(this.folder, "gate.toml")], { env, stdio: "inherit" });
    const gone = new Promise((resolve) => gate.once("exit", resolve));
    const stop = () => {
      gate.kill();
      return gone;
    };
    return { pid: gate.pid, stop };
  }

  async post(path, body, headers = {}) {
    headers = { "content-type": "application/json", ...headers };
    const response = await fetch(this.base_url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: response.status, body: await response.json().catch(() => null) };
  }

  /// Most tests are about one person.
  lin() {
    return this.citizen("XDEMO0001");
  }

  /// A fictional visitor whose wallet has taken the offer up: enrolled when first asked for.
  citizen(number) {
    const known = this.citizens.get(number) ?? this.enrol(number);
    this.citizens.set(number, known);
    return known;
  }

  async enrol(number) {
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
  #seconds = new Seconds();

  constructor(folder, person) {
    this.folder = folder;
    this.person = person;
    this.pin = `${folder}.pin`;
  }

  async run(...args) {
    const { stdout } = await run(szid, ["wallet", "--dir", this.folder, ...args]);
    return stdout.trim();
  }

  /// Draws a code to a PNG file.
  draw(file) {
    return this.#seconds.draw(() => this.run("code", "--png", file));
  }

  /// Answers the next question of a venue.
  consents(answer) {
    return this.run("consents", answer, "--pin-file", this.pin, "--once", "20");
  }

  /// Confirms what a venue's code asks for.
  visit(venueCode) {
    return this.#seconds.draw(() => this.run("visit", "--confirm", "--pin-file", this.pin, venueCode));
  }

  /// Nine digits.
  async number() {
    return JSON.parse(await this.#seconds.draw(() => this.run("number", "--json"))).number;
  }

  /// The digits of a code that was not shown before, and that answers a venue's code where one is given.
  code(venueCode) {
    const answers = venueCode ? ["--venue-code", venueCode] : [];
    return this.#seconds.draw(() => this.run("code", "--digits", ...answers));
  }

  /// The digits of a code that may have been accepted before, and is good for a while yet.
  async anyCode() {
    if (!this.any || Date.now() - this.any.at > 30_000) this.any = { code: await this.code(), at: Date.now() };
    return this.any.code;
  }
}
