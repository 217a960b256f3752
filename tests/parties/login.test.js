// A citizen raises their level by logging in at a provider as Singpass is.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, City, key } from "./city.js";
import { LOA2, Party, freePort } from "./provider.js";

const YUKI = ["414", "XDEMO0001", "TEST, YUKI"];

for (const enc of ["A256CBC-HS512", "A256GCM"]) {
  let city, party, wallet;
  const signing = key("szid-1", "sig");
  const decryption = key("szid-2", "enc");

  before(async () => {
    const port = await freePort();
    const set = {
      kind: "oidc", profile: "singpass", issuer: `http://127.0.0.1:${port}`, client_id: "szid",
      signing_key: "signing.pem", signing_kid: "szid-1", decryption_key: "decryption.pem", acr_values: LOA2,
    };
    city = await City.found([set], { "signing.pem": signing.pem, "decryption.pem": decryption.pem });
    party = new Party(port, {
      client_id: "szid",
      redirect_uris: [`${city.base_url}/v1/proofs/return`],
      response_types: ["code"],
      grant_types: ["authorization_code"],
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: "ES256",
      id_token_signed_response_alg: "ES256",
      id_token_encrypted_response_alg: "ECDH-ES+A256KW",
      id_token_encrypted_response_enc: enc,
      userinfo_signed_response_alg: "ES256",
      userinfo_encrypted_response_alg: "ECDH-ES+A256KW",
      userinfo_encrypted_response_enc: enc,
      dpop_bound_access_tokens: true,
      require_pushed_authorization_requests: true,
      jwks: { keys: [signing.jwk, decryption.jwk] },
    });
    await party.start();
    wallet = await city.citizen(YUKI, 1);
  });

  after(async () => {
    await party?.stop();
    await city?.end();
  });

  /// Begins a proof, and logs in as somebody: the page that the holder sees at the end.
  async function login(person) {
    party.person = person;
    const { status, text, url } = await new Browser().open(await wallet.begin("singpass"));
    assert.equal(status, 200, text);
    assert.ok(url.startsWith(city.base_url), `${url}: ${text}`);
    return text;
  }

  const yuki = { passport: "XDEMO0001", name: "TEST, YUKI" };

  test(`${enc}: whoever logs in as somebody else, too weakly, or not at all, keeps their level`, async () => {
    assert.match(await login({ ...yuki, passport: "XDEMO0002" }), /PROOF_PERSON/);
    assert.match(await login({ ...yuki, name: "DEMO, ALEX" }), /PROOF_PERSON/);
    assert.match(await login({ ...yuki, acr: "urn:singpass:authentication:loa:1" }), /PROOF_LEVEL/);
    assert.match(await login({ ...yuki, denies: true }), /PROOF_GIVEN_UP/);
    assert.equal(await wallet.level(), 1);
  });

  test(`${enc}: whoever logs in as themselves has a higher level, and codes that say so`, async () => {
    assert.match(await login(yuki), /认证等级为 2/);
    assert.equal(await wallet.level(), 2);
    assert.match(await wallet.run("refresh"), /新增1[45]天/);
  });

  test(`${enc}: a provider that has changed its keys since is believed by the new ones`, async () => {
    party.person = yuki;
    await party.stop();
    await party.start();
    assert.match(await login(yuki), /认证等级为 2/);
  });
}
