// A certified OpenID provider that others wrote, set up as Singpass is: pushed requests, PKCE, DPoP,
// private_key_jwt, ID tokens and userinfo signed and encrypted. Whoever comes is logged in as its `person`
// says.

import { createServer } from "node:http";
import Provider, { errors } from "oidc-provider";
import { key } from "./city.js";

const SCOPE = { passportnumber: ["person_info"], name: ["person_info"] };
export const LOA2 = "urn:singpass:authentication:loa:2";

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class Party {
  /// Who logs in there, and how; `denies` gives up.
  person = {};

  constructor(port, client) {
    this.port = port;
    this.issuer = `http://127.0.0.1:${port}`;
    this.client = client;
  }

  /// Serves it; again with new signing keys.
  async start() {
    const party = this;
    const provider = new Provider(this.issuer, {
      clients: [this.client],
      jwks: { keys: [key(`provider-${Date.now()}`, "sig").secret] },
      clientAuthMethods: ["private_key_jwt"],
      enabledJWA: {
        idTokenEncryptionAlgValues: ["ECDH-ES+A256KW"],
        idTokenEncryptionEncValues: ["A256CBC-HS512", "A256GCM"],
        userinfoEncryptionAlgValues: ["ECDH-ES+A256KW"],
        userinfoEncryptionEncValues: ["A256CBC-HS512", "A256GCM"],
        clientAuthSigningAlgValues: ["ES256"],
        idTokenSigningAlgValues: ["ES256"],
        userinfoSigningAlgValues: ["ES256"],
        dPoPSigningAlgValues: ["ES256"],
      },
      features: {
        devInteractions: { enabled: false },
        pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
        dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 1), requireNonce: () => true },
        encryption: { enabled: true },
        jwtUserinfo: { enabled: true },
        fapi: { enabled: true, profile: "2.0" },
      },
      pkce: { required: () => true },
      acrValues: [LOA2, "urn:singpass:authentication:loa:1"],
      claims: { openid: ["sub", "acr", "amr"], ...SCOPE },
      scopes: ["openid", ...Object.keys(SCOPE)],
      conformIdTokenClaims: true,
      cookies: { keys: ["one"] },
      findAccount: (_, sub) => ({
        accountId: sub,
        claims: () => ({
          sub,
          person_info: { name: { value: party.person.name }, passportnumber: { value: party.person.passport } },
        }),
      }),
      // Whoever logs in has agreed.
      loadExistingGrant: async (ctx) => {
        const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
        grant.addOIDCScope(ctx.oidc.params.scope);
        await grant.save();
        return grant;
      },
      interactions: { url: (_, { uid }) => `/login/${uid}` },
    });
    if (process.env.VERBOSE) for (const what of ['pushed_authorization_request.error', 'authorization.error', 'grant.error', 'userinfo.error', 'server_error'])
      provider.on(what, (_, error) => console.error(what, error.message, error.error_detail ?? error.error_description));
    const handle = provider.callback();
    this.server = createServer(async (request, response) => {
      if (!request.url.startsWith("/login/")) return handle(request, response);
      const { denies, acr } = party.person;
      const result = denies
        ? { error: "access_denied" }
        : { login: { accountId: `s=${party.person.passport}`, acr: acr ?? LOA2, amr: ["pwd", "face"] } };
      return provider.interactionFinished(request, response, result);
    });
    this.server.listen(this.port, "127.0.0.1");
    await new Promise((resolve) => this.server.once("listening", resolve));
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
