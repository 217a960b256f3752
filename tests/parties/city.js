// A throw-away service with connectors, and wallets of its citizens, as processes of their own.

import { execFile, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);
const szid = join(process.env.BUILT, "szid");

/// A key on P-256: PKCS #8 as PEM for whoever holds it, a JWK for the other side.
export function key(kid, use) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  const name = { kid, use, alg: use === "sig" ? "ES256" : "ECDH-ES+A256KW" };
  return { pem, secret: { ...privateKey.export({ format: "jwk" }), ...name }, jwk: { ...publicKey.export({ format: "jwk" }), ...name } };
}

export class City {
  /// With connectors as `[[connectors]]` has them; `files` are what they name.
  static async found(connectors, files) {
    const city = new City();
    city.folder = await mkdtemp(join(tmpdir(), "szid-parties-"));
    for (const [name, text] of Object.entries(files)) await writeFile(join(city.folder, name), text, { mode: 0o600 });
    const set = join(city.folder, "connectors.json");
    await writeFile(set, JSON.stringify(connectors));
    const env = { ...process.env, SZID_CONNECTORS: set };
    city.process = spawn(join(process.env.BUILT, "examples/throw-away-city"), { stdio: ["pipe", "pipe", "inherit"], env });
    const line = await new Promise((resolve, reject) => {
      createInterface({ input: city.process.stdout }).once("line", resolve);
      city.process.once("exit", () => reject(new Error("the service did not start")));
    });
    Object.assign(city, JSON.parse(line));
    await writeFile(join(city.folder, "root.spki"), Buffer.from(city.root_spki, "base64"));
    return city;
  }

  async end() {
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.stdin.end();
    await gone;
    await rm(this.folder, { recursive: true });
  }

  /// Somebody at the counter, at a level, with a wallet.
  async citizen([type, number, name], identity_level) {
    const body = { document: { type, number }, name, identity_level, method: "counter" };
    const headers = { "content-type": "application/json", authorization: `Bearer ${this.registrar}` };
    const answer = await fetch(`${this.base_url}/v1/registrar/enrolments`, { method: "POST", headers, body: JSON.stringify(body) });
    const { credential_offer, tx_code } = await answer.json();
    const dir = join(this.folder, `wallet-${number}`);
    const wallet = new Wallet(dir);
    await wallet.run("enrol", "--root", join(this.folder, "root.spki"), "--tx-code", tx_code, credential_offer);
    return wallet;
  }
}

class Wallet {
  constructor(dir) {
    this.dir = dir;
  }

  async run(...args) {
    const env = { ...process.env, SZID_WALLET: this.dir };
    return (await run(szid, ["wallet", ...args], { env })).stdout;
  }

  async level() {
    return JSON.parse(await this.run("account", "--json")).identity_level;
  }

  /// Begins a proof: where the holder goes.
  async begin(connector) {
    const proof = JSON.parse(await this.run("prove", connector, "--json"));
    if (proof.state !== "waiting") throw new Error(JSON.stringify(proof));
    return proof.url;
  }
}

/// A browser that goes where it is sent, with cookies by origin, until a page comes.
export class Browser {
  cookies = new Map();

  async open(url) {
    for (let hops = 0; hops < 20; hops += 1) {
      const jar = this.cookies.get(new URL(url).origin) ?? new Map();
      this.cookies.set(new URL(url).origin, jar);
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      const answer = await fetch(url, { redirect: "manual", headers: { cookie } });
      for (const line of answer.headers.getSetCookie()) {
        const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
        jar.set(name, value);
      }
      const next = answer.headers.get("location");
      if (!next) return { url, status: answer.status, text: await answer.text() };
      url = new URL(next, url).href;
    }
    throw new Error("sent round in circles");
  }
}
