#!/usr/bin/env bash
# oidc-provider 9.13.3: a client assertion and a DPoP proof of one request may not bear the same `jti`.
#
# RFC 7523 wants the id of an assertion to be unique among assertions, RFC 9449 that of a proof among proofs. This provider
# remembers both in one memory for each client: a request whose assertion and proof, of different kinds and keys, share an id
# is refused as "DPoP proof JWT Replay detected", at its very first try. A client that makes one random id for a request and
# puts it into both cannot log in there, and the error speaks of a replay that never was. With two ids the same request is
# taken.
#
# What the connectors do about it: ids of proofs are never those of assertions (issuer/identity/src/connectors/oidc/client.rs);
# tests/parties logs in at this provider.
#
# Needs node 20 or newer with npm. Expected output:
#   one id: 400 DPoP proof JWT Replay detected
#   two ids: 201
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund oidc-provider@9.13.3 jose@6.2.17
cat >try.mjs <<'JS'
import { createServer } from "node:http";
import { SignJWT, exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";

console.warn = console.info = () => {};
const pair = () => generateKeyPair("ES256", { extractable: true });
const [own, client, login] = await Promise.all([pair(), pair(), pair()]);
const jwk = async ({ publicKey }) => ({ ...(await exportJWK(publicKey)), use: "sig", alg: "ES256", kid: "1" });
const server = createServer().listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  jwks: { keys: [{ ...(await exportJWK(own.privateKey)), use: "sig", alg: "ES256", kid: "1" }] },
  clientAuthMethods: ["private_key_jwt"], enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
  features: { pushedAuthorizationRequests: { enabled: true }, dPoP: { enabled: true } },
  clients: [{
    client_id: "city", redirect_uris: ["https://city.example/back"], token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: "ES256", id_token_signed_response_alg: "ES256", jwks: { keys: [await jwk(client)] },
  }],
});
server.on("request", provider.callback());

async function push(assertionId, proofId) {
  const sign = (claims, header, key) => new SignJWT(claims).setProtectedHeader({ alg: "ES256", ...header }).setIssuedAt().sign(key);
  const assertion = await sign(
    { iss: "city", sub: "city", aud: issuer, jti: assertionId, exp: Math.floor(Date.now() / 1000) + 60 }, { kid: "1" }, client.privateKey);
  const { kty, crv, x, y } = await exportJWK(login.publicKey);
  const proof = await sign(
    { htm: "POST", htu: `${issuer}/request`, jti: proofId }, { typ: "dpop+jwt", jwk: { kty, crv, x, y } }, login.privateKey);
  const body = new URLSearchParams({
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", client_assertion: assertion,
    client_id: "city", response_type: "code", redirect_uri: "https://city.example/back", scope: "openid", code_challenge_method: "S256",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  });
  const answer = await fetch(`${issuer}/request`, { method: "POST", headers: { dpop: proof }, body });
  return `${answer.status} ${(await answer.json()).error_description ?? ""}`.trim();
}
console.log("one id:", await push("an-id", "an-id"));
console.log("two ids:", await push("another-id", "a-third-id"));
process.exit(0);
JS
node try.mjs 2>/dev/null | tee seen
diff seen - <<'TXT'
one id: 400 DPoP proof JWT Replay detected
two ids: 201
TXT
