// A desk in TypeScript, on types by openapi-typescript.

import createClient from "openapi-fetch";
import type { paths } from "./openapi.js";

declare const process: { env: Record<string, string>; exit(code: number): never };

const { BASE_URL: baseUrl, DESK, OPERATOR, CODE } = process.env as Record<string, string>;
const as = (secret: string) =>
  createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${secret}` } });

function good<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

const verdict = good(await as(DESK!).POST("/v1/scans", { body: { code: CODE!, scene: 2 } }));
if (!verdict.reason.startsWith("OK")) throw new Error(verdict.reason);
const { devices } = good(await as(OPERATOR!).GET("/v1/operator/devices", { params: { query: {} } }));
if (devices.length === 0) throw new Error("no devices");
const anyone = createClient<paths>({ baseUrl });
const list = (await anyone.GET("/v1/trust", { parseAs: "arrayBuffer" })).data as ArrayBuffer | undefined;
if (!list || new Uint8Array(list)[0] !== 0xd2) throw new Error("no trust list");
console.log(`TypeScript: ${verdict.reason}, ${devices.length} devices, ${list.byteLength} bytes`);
