// A provider that lies proves nothing, whatever it lies about, and nothing is kept of it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, City, key } from "./city.js";
import { Liar } from "./liar.js";
import { LOA2, freePort } from "./provider.js";

const now = () => Math.floor(Date.now() / 1000);

let city, liar;
const signing = key("szid-1", "sig");
const decryption = key("szid-2", "enc");

before(async () => {
  const port = await freePort();
  const set = (name, port) => ({
    kind: "oidc", profile: "singpass", name, issuer: `http://127.0.0.1:${port}`, client_id: "szid",
    signing_key: "signing.pem", signing_kid: "szid-1", decryption_key: "decryption.pem", acr_values: LOA2,
  });
  city = await City.found([set("singpass", port)], { "signing.pem": signing.pem, "decryption.pem": decryption.pem });
  liar = new Liar(port, decryption);
  await liar.start();
});

after(async () => {
  await liar?.stop();
  await city?.end();
});

/// Of somebody there are ten tries: after eight it is the next one's turn, who is at level 1 as well.
const turn = { tries: 0 };

async function login(lie) {
  if (turn.tries % 8 === 0) {
    turn.passport = `XDEMO${String(1 + turn.tries / 8).padStart(4, "0")}`;
    turn.wallet = await city.citizen(["414", turn.passport, "TEST, YUKI"], 1);
  }
  turn.tries += 1;
  liar.lie = { passport: turn.passport, ...lie };
  const { text } = await new Browser().open(await turn.wallet.begin("singpass"));
  return { text, level: await turn.wallet.level() };
}

const LIES = {
  "a nonce of another login": { claims: { nonce: "another" } },
  "no nonce": { without: ["nonce"] },
  "another issuer": { claims: { iss: "http://127.0.0.1:9" } },
  "another client": { claims: { aud: "another" } },
  "several clients": { claims: { aud: ["szid", "another"] } },
  "another party authorised": { claims: { azp: "another" } },
  "a token that is over": { claims: { exp: now() - 120 } },
  "a token of yesterday": { claims: { iat: now() - 86_400 } },
  "a token of tomorrow": { claims: { iat: now() + 86_400 } },
  "no end": { without: ["exp"] },
  "nobody": { without: ["sub"] },
  "no signature": { alg: "none" },
  "a signature by what is public": { alg: "HS256" },
  "a signature of another key of the same name": { by: "another" },
  "a key that is not published": { kid: "liar-2" },
  "a body that was changed": { tampered: true },
  "a header that has to be understood": { header: { crit: ["seal"], seal: "wax" } },
  "a token that is not encrypted": { plain: true },
  "a token that is encrypted to somebody else": { to: key("x", "enc") },
  "an encryption that was not agreed on": { jweAlg: "ECDH-ES" },
  "content that is no token": { content: "hello" },
  "userinfo of somebody else": { userinfo_sub: "another" },
  "a token of another kind": { token_type: "Bearer" },
  "a code that was used": { token: [400, { error: "invalid_grant" }] },
  "no tokens": { token: [200, {}] },
  "no JSON": { token: [200, "<html>"] },
  "an answer in another provider's name": { back: { iss: "http://127.0.0.1:9" } },
  "an answer in nobody's name": { back: { iss: "" } },
  "no code": { back: { code: "" } },
};

test("the liar that tells the truth is believed", async () => {
  assert.match((await login({})).text, /认证等级为 2/);
  turn.tries = 8;
});

for (const [what, lie] of Object.entries(LIES)) {
  test(`${what} proves nothing`, async () => {
    const told = lie.by === "another" ? { ...lie, by: liar.another } : lie;
    const { text, level } = await login(told);
    assert.match(text, /PROOF_ANSWER/);
    assert.equal(level, 1);
  });
}

test("a login that is too weak, or of another person, is told apart from a lie", async () => {
  assert.match((await login({ claims: { acr: "urn:singpass:authentication:loa:9" } })).text, /PROOF_LEVEL/);
  assert.match((await login({ without: ["acr"] })).text, /PROOF_LEVEL/);
  assert.match((await login({ passport: "XDEMO0999" })).text, /PROOF_PERSON/);
});

test("a provider that fails is no mismatch", async () => {
  assert.match((await login({ token: [500, {}] })).text, /PROOF_UNAVAILABLE/);
});

test("a state that nobody was given, and one that was used, lead nowhere", async () => {
  const wallet = await city.citizen(["414", "XDEMO0500", "TEST, YUKI"], 1);
  liar.lie = { passport: "XDEMO0500" };
  const url = await wallet.begin("singpass");
  const forged = `${city.base_url}/v1/proofs/return?code=a-code&iss=${encodeURIComponent(liar.issuer)}&state=`;
  assert.match((await new Browser().open(`${forged}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`)).text, /PROOF_OVER/);
  assert.match((await new Browser().open(url)).text, /认证等级为 2/);
  assert.match((await new Browser().open(`${forged}${liar.pushed.state}`)).text, /PROOF_OVER/);
});
