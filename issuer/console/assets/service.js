// Talks to the program that serves the page. Every address is relative to it.

/// The longest that an answer may take, milliseconds; longer where it waits for the citizen's word.
const PATIENCE = 8000;
const CONSENT_PATIENCE = 130_000;

/// The request could not be sent, or its answer did not come.
export class Unreachable extends Error {
  constructor(sent) {
    super("unreachable");
    this.sent = sent;
  }
}

/// The service refused the request; `told` is its problem (RFC 9457).
export class Refused extends Error {
  constructor(told, status) {
    super(told.code ?? String(status));
    this.told = told;
    this.status = status;
  }
}

let token = "";

const asJson = (response) => response.json();

/// Asks the service; `read` makes something else than JSON of a good answer.
export async function call(method, path, body, patience = PATIENCE, read = asJson) {
  // Whether there is a network is for the request to find out: a gate answers on its own machine without any.
  const headers = token ? { "X-CSRF-Token": token } : {};
  if (body) headers["Content-Type"] = "application/json";
  let response;
  let answer = null;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body && JSON.stringify(body),
      cache: "no-store",
      credentials: "same-origin",
      redirect: "error",
      signal: AbortSignal.timeout(patience),
    });
    const form = response.ok ? read : asJson;
    if (response.status !== 204) answer = await form(response).catch(() => null);
  } catch (error) {
    throw new Unreachable(error.name === "TimeoutError");
  }
  if (!response.ok) throw new Refused(answer ?? {}, response.status);
  return answer;
}

async function withToken(session) {
  const opened = await session;
  token = opened.csrf;
  return opened;
}

export const signIn = (credential) => withToken(call("POST", "session", { credential }));

/// The session that is open already.
export const resume = () => withToken(call("GET", "session"));

export async function signOut() {
  try {
    await call("DELETE", "session");
  } finally {
    token = "";
  }
}

export const scan = (question, asksCitizen) =>
  call("POST", "../v1/scans", question, asksCitizen ? CONSENT_PATIENCE : PATIENCE);

/// What the gate that serves the page holds.
export async function gateState() {
  try {
    return await call("GET", "../v1/state");
  } catch {
    return null;
  }
}

/// Whether the service answers, and when its trust list was made (milliseconds), if it says so.
export async function probe() {
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch("../v1/trust", { method: "HEAD", cache: "no-store", signal });
    const made = Date.parse(response.headers.get("last-modified") ?? "");
    const now = Date.parse(response.headers.get("date") ?? "") || Date.now();
    return { reached: true, trustAge: Number.isNaN(made) ? null : Math.max(0, (now - made) / 1000) };
  } catch {
    return { reached: false };
  }
}
