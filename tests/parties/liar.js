// A provider that lies, in one way at a time. It checks nothing itself: what it says is all that is of
// interest.

import { createServer } from "node:http";
import { CompactEncrypt, SignJWT, base64url, importJWK } from "jose";
import { key } from "./city.js";
import { LOA2 } from "./provider.js";

export class Liar {
  /// What to lie about; sound where there is nothing.
  lie = {};

  constructor(port, city) {
    Object.assign(this, { port, city });
    this.issuer = `http://127.0.0.1:${port}`;
    this.own = key("liar-1", "sig");
    this.another = key("liar-1", "sig");
    this.nonces = new Map();
  }

  async start() {
    this.server = createServer((request, response) => this.answer(request, response).catch((error) => response.destroy(error)));
    this.server.listen(this.port, "127.0.0.1");
    await new Promise((resolve) => this.server.once("listening", resolve));
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, this.issuer);
    const json = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    switch (pathname) {
      case "/.well-known/openid-configuration":
        return json(200, {
          issuer: this.issuer,
          authorization_endpoint: `${this.issuer}/auth`, token_endpoint: `${this.issuer}/token`, jwks_uri: `${this.issuer}/jwks`,
          pushed_authorization_request_endpoint: `${this.issuer}/par`, userinfo_endpoint: `${this.issuer}/userinfo`,
          authorization_response_iss_parameter_supported: true,
        });
      case "/jwks":
        return json(200, { keys: [this.own.jwk] });
      case "/par":
        this.pushed = Object.fromEntries(form);
        return json(201, { request_uri: "urn:ietf:params:oauth:request_uri:1", expires_in: 60 });
      case "/auth": {
        const back = new URL(this.pushed.redirect_uri);
        const { state = this.pushed.state, iss = this.issuer, code = "a-code" } = this.lie.back ?? {};
        for (const [name, value] of Object.entries({ state, iss, code })) if (value) back.searchParams.set(name, value);
        response.writeHead(303, { location: back.href });
        return response.end();
      }
      case "/token":
        if (this.lie.token) return json(...this.lie.token);
        return json(200, { access_token: "an-access-token", token_type: this.lie.token_type ?? "DPoP", id_token: await this.idToken() });
      case "/userinfo": {
        const passport = this.lie.passport ?? "XDEMO0001";
        const person_info = { passportnumber: { value: passport }, name: { value: "TEST, YUKI" } };
        return json(200, { sub: this.lie.userinfo_sub ?? "somebody", person_info });
      }
      default:
        return json(404, {});
    }
  }

  async idToken() {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: this.issuer, aud: "szid", sub: "somebody", nonce: this.pushed.nonce, acr: LOA2, iat: now, exp: now + 300,
      ...this.lie.claims,
    };
    for (const name of this.lie.without ?? []) delete claims[name];
    const { alg = "ES256", by = this.own, kid = "liar-1" } = this.lie;
    let token;
    if (alg === "none") {
      token = `${base64url.encode(JSON.stringify({ alg, kid }))}.${base64url.encode(JSON.stringify(claims))}.`;
    } else if (alg === "HS256") {
      // The public key taken for a shared secret.
      token = await new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(Buffer.from(JSON.stringify(this.own.jwk)));
    } else {
      token = await new SignJWT(claims).setProtectedHeader({ alg, kid, ...this.lie.header }).sign(await importJWK(by.secret, alg), { crit: { seal: true } });
    }
    if (this.lie.tampered) token = token.replace(/^(.*\.)(.*)(\..*)$/, (_, head, body, end) => head + base64url.encode(JSON.stringify({ ...claims, acr: LOA2, sub: "else" })) + end);
    if (this.lie.plain) return token;
    const { to = this.city, enc = "A256GCM", jweAlg = "ECDH-ES+A256KW" } = this.lie;
    return new CompactEncrypt(Buffer.from(this.lie.content ?? token))
      .setProtectedHeader({ alg: jweAlg, enc })
      .encrypt(await importJWK(to.jwk, jweAlg));
  }
}
