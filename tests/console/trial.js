// A trial city of real processes in a folder of its own: `szid serve` with what `szid admin` made, wallets, a
// gate.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./port.js";
import { Seconds } from "./seconds.js";
import { until } from "./until.js";

const run = promisify(execFile);
const szid = join(process.env.BUILT, "szid");
const SCENES = new URL("../../issuer/service/data/scenes.json", import.meta.url);
/// A hotel's scene that asks the guest: this city has added it to the twelve.
export const HOTEL_ASKING = 701;
const VENUES = {
  hotel: { name: "演示海景酒店", uscc: "91440399EXAMPLEA5N", scenes: [1, HOTEL_ASKING] },
  library: { name: "演示市图书馆", uscc: "12440399EXAMPLEB3N", scenes: [2] },
  park: { name: "演示山海公园", uscc: "91440399EXAMPLEC1C", scenes: [3] },
  window: { name: "演示市政务服务大厅", uscc: "11440399EXAMPLE119", scenes: [9] },
};

const answers = (url) => fetch(url).then((response) => response.ok, () => false);

/// Ends a process as an operator does.
async function end(process) {
  if (process.exitCode !== null || process.signalCode !== null) return;
  process.kill("SIGTERM");
  await once(process, "exit");
}

export class TrialCity {
  static async found() {
    const city = new TrialCity();
    city.folder = await mkdtemp(join(tmpdir(), "szid-trial-"));
    city.base_url = `http://127.0.0.1:${await freePort()}`;
    await city.szid("admin", "root", "--out", "safe");
    await city.szid("admin", "keys", "--out", "keys");
    await city.szid("admin", "found", "--data", "data", "--keys", "keys", "--mode", "demo");
    await city.szid("admin", "trust", "--root", "safe/root.pem", "--keys", "keys/public-keys.json",
      "--base-url", city.base_url, "--list-version", "1", "--out", "trust-list.cbor");
    await city.szid("wallet", "mock-attester", "attester.pem");
    const scenes = JSON.parse(await readFile(SCENES, "utf8"));
    const asking = { id: HOTEL_ASKING, name_zh: "酒店入住（征得同意）", name_en: "hotel check-in with consent" };
    scenes.push({ ...scenes[0], ...asking, consent: "ask", consent_seconds: 5, consent_tier: 2 });
    await city.write("scenes.json", JSON.stringify(scenes));
    await city.write("szid.toml", [
      `base_url = "${city.base_url}"`, `listen = "${city.base_url.slice(7)}"`, 'data_dir = "data"', "demo_mode = true",
      'roots = ["safe/root.spki"]', 'trust_list = "trust-list.cbor"', 'keys_dir = "keys"', 'scenes = "scenes.json"', 'log = "error"',
      "[[attesters]]", 'kid = "mock-attester"', 'key = "attester.spki"', "at_most = 3", "",
    ].join("\n"));
    city.credentials = {};
    for (const [id, { name, uscc, scenes }] of Object.entries(VENUES)) {
      const which = scenes.flatMap((scene) => ["--scene", String(scene)]);
      await city.szid("admin", "venue", "--data", "data", "--id", id, "--name", name, "--uscc", uscc, ...which, "--age", "60");
      city.credentials[id] = await city.szid("admin", "credential", "--data", "data", "--venue", id, "--device", "desk-1");
    }
    city.counter = await city.szid("admin", "credential", "--data", "data", "--registrar", "counter-1");
    await city.szid("gate", "--make-key", "gate.pem");
    await city.szid("admin", "gate", "--data", "data", "--venue", "park", "--device", "desk-1", "--key", "gate.spki");
    await city.open();
    return city;
  }

  async szid(...args) {
    const { stdout } = await run(szid, args, { cwd: this.folder });
    return stdout.trim();
  }

  write(name, text) {
    return writeFile(join(this.folder, name), text);
  }

  /// Starts the service, which may have run before.
  async open() {
    this.service = spawn(szid, ["serve", "--config", "szid.toml"], { cwd: this.folder, stdio: "inherit" });
    await until(() => answers(`${this.base_url}/readyz`), "the service is not ready");
  }

  close() {
    return end(this.service);
  }

  /// Starts the park's gate and waits until it has its lists.
  async openGate() {
    const url = `http://127.0.0.1:${await freePort()}`;
    await this.write("gate.toml", [
      `service = "${this.base_url}"`, 'venue = "park"', 'device = "desk-1"', "scene = 3", 'roots = ["safe/root.spki"]',
      'key = "gate.pem"', 'data_dir = "gate"', `listen = "${url.slice(7)}"`, 'log = "error"', "",
    ].join("\n"));
    const env = { ...process.env, SZID_CREDENTIAL: this.credentials.park };
    this.gate = spawn(szid, ["gate", "--config", "gate.toml"], { cwd: this.folder, env, stdio: "inherit" });
    await until(() => answers(`${url}/readyz`), "the gate is not ready");
    return url;
  }

  /// Enrols a fictional person; their wallet's keys count as hardware's where an attester says so.
  async citizen(number, name, attested = true) {
    const details = { sex: "female", nationality: "示例国", birth_date: "1988-03-15", valid_until: "2036-01-15" };
    const body = { document: { type: "414", number }, name, identity_level: 4, method: "counter", details };
    const headers = { "content-type": "application/json", authorization: `Bearer ${this.counter}` };
    const url = `${this.base_url}/v1/registrar/enrolments`;
    const offer = await (await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })).json();
    const attester = attested ? ["--mock-attester", "attester.pem"] : [];
    await writeFile(join(this.folder, "pin"), "493536\n");
    await this.szid("wallet", "--dir", number, "enrol", "--root", "safe/root.spki", ...attester, "--tx-code", offer.tx_code, offer.credential_offer);
    await this.szid("wallet", "--dir", number, "pin", "set", "--pin-file", "pin");
    return new Wallet(this, number, offer.person);
  }

  /// The citizen reports a loss from this very phone, which is suspended with the account and not ended.
  async freeze(wallet) {
    await wallet.run("lost", "--yes");
  }

  /// Walks the audit of a service that is closed.
  async audit() {
    try {
      return JSON.parse(await this.szid("admin", "audit", "--data", "data"));
    } catch ({ stdout }) {
      return JSON.parse(stdout);
    }
  }

  /// Does what nobody should: changes one entry of the audit on the disk, past the service.
  async editAudit(number, old, changed) {
    await run(join(process.env.BUILT, "examples/edit-audit"), [join(this.folder, "data/register"), String(number), old, changed]);
  }

  async end() {
    for (const process of [this.service, this.gate]) if (process) await end(process);
    await rm(this.folder, { recursive: true });
  }
}

class Wallet {
  #seconds = new Seconds();

  constructor(city, folder, person) {
    Object.assign(this, { city, folder, person });
  }

  run(...args) {
    return this.city.szid("wallet", "--dir", this.folder, ...args);
  }

  /// The digits of a code that was not shown before: for any scene unless one is named, unlocked with the PIN
  /// (tier 2) unless told otherwise.
  code({ tier = 2, scene } = {}) {
    const narrowed = scene ? ["--scene", String(scene)] : [];
    const unlocked = tier === 2 ? ["--pin-file", "pin"] : [];
    return this.#seconds.draw(() => this.run("code", "--digits", ...unlocked, ...narrowed));
  }

  /// Answers the next question of a venue: "--approve" or "--deny".
  answer(how) {
    return this.run("consents", how, "--pin-file", "pin", "--once", "20");
  }

  /// Every use of this person's identity, the newest first.
  async uses() {
    return JSON.parse(await this.run("uses", "--json"));
  }
}
