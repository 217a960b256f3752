// A whole verifier of citizen codes (docs/protocol/citizen-code.md) without connection, on Node 20 or newer alone.
//
// Your program loads the documents once (`loadTrust`, `loadScene`, `loadStatus`) and calls
// `verify(clean(text), ...)`. By itself it answers the questions of README.md, one a line. Numbers are BigInt: they may need all of 64 bits.

import { ECDH, createHash, createPublicKey, verify as verifySignature } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { inflateSync } from "node:zlib";

const DAY = 86400n;
export const ANY_SCENE = new Map([
  [1n, 0n],
  [4n, 1n],
  [9n, true],
  [10n, 2n ** 32n - 1n],
  [11n, 2n ** 32n - 1n],
  [12n, 2n],
  [13n, false],
]);

export class Refused extends Error {}

function need(fits, reason = "MALFORMED") {
  if (!fits) throw new Refused(reason);
}

const bytes = (text) => Buffer.from(text, "utf8");

// Section 2
function decodeDigits(text) {
  const sizes = { 0: 0, 3: 1, 5: 2, 8: 3, 10: 4, 13: 5, 15: 6, 17: 7 };
  need(text.startsWith("0755"), "NOT_A_CITIZEN_CODE");
  need(bytes(text).length <= 1025, "TEXT_TOO_LONG");
  need(!/[^0-9]/.test(text), "TEXT_CHARACTER");
  const [version, digits] = [text.slice(4, 5), text.slice(5)];
  need(version, "TEXT_LENGTH");
  need(version !== "0", "NOT_A_CITIZEN_CODE");
  need(version === "1", "VERSION_UNKNOWN");
  need(digits && digits.length % 17 in sizes, "TEXT_LENGTH");
  const groups = digits.match(/.{1,17}/g).map((group) => {
    const size = sizes[group.length];
    need(BigInt(group) < 256n ** BigInt(size), "TEXT_GROUP");
    return Buffer.from(
      BigInt(group)
        .toString(16)
        .padStart(2 * size, "0"),
      "hex",
    );
  });
  return Buffer.concat(groups);
}

// Kinds of values: the keys of a map are integers, or all texts.
const [ALL_KINDS, KEY_KINDS] = [
  [0, 1, 2, 3, 4, 5, 6, 7],
  [0, 1, 3],
];
const [INTEGER_KINDS, TEXT_KIND] = [[0, 1], [3]];

// Section 3: a value and where it ends. A map is a Map, an array an Array.
function readItem(data, at = 0, depth = 0, kinds = ALL_KINDS) {
  need(at < data.length && depth < 16);
  const [kind, size] = [data[at] >> 5, data[at] & 31];
  need(size !== 31, "NOT_CANONICAL");
  need(size < 28);
  const length = size < 24 ? 0 : 1 << (size - 24);
  need(at + 1 + length <= data.length);
  if (kind === 7) {
    need((size === 20 || size === 21) && kinds.includes(kind));
    return [size === 21, at + 1];
  }
  const value = length ? BigInt(`0x${data.subarray(at + 1, at + 1 + length).toString("hex")}`) : BigInt(size);
  need(!length || value >= (length === 1 ? 24n : 1n << BigInt(4 * length)), "NOT_CANONICAL");
  need(kinds.includes(kind));
  at += 1 + length;
  if (kind < 2) {
    need(value < 2n ** 63n || (kind === 0 && kinds === ALL_KINDS));
    return [kind ? -1n - value : value, at];
  }
  need(kind !== 6 && value <= data.length - at);
  const count = Number(value);
  if (kind < 4) {
    const part = data.subarray(at, at + count);
    try {
      return [
        kind === 2 ? part : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(part),
        at + count,
      ];
    } catch {
      throw new Refused("MALFORMED");
    }
  }
  const items = [];
  let [last, keys, item, key] = [Buffer.alloc(0), kind === 5 ? KEY_KINDS : ALL_KINDS];
  for (let one = 0; one < count; one += 1) {
    const start = at;
    [item, at] = readItem(data, at, depth + 1, keys);
    if (kind === 5) {
      need(Buffer.compare(data.subarray(start, at), last) > 0, "NOT_CANONICAL");
      [last, key] = [data.subarray(start, at), item];
      keys = typeof item === "string" ? TEXT_KIND : INTEGER_KINDS;
      [item, at] = readItem(data, at, depth + 1);
      item = [key, item];
    }
    items.push(item);
  }
  return [kind === 5 ? new Map(items) : items, at];
}

function read(data, shape) {
  const [value, end] = readItem(data);
  need(end === data.length);
  return fit(value, shape);
}

// A shape is a test; an array of one shape, or of those of a fixed array; or the entries of a map.
const maybe = (shape) => ({ maybe: shape });

function fit(value, shape) {
  if (shape instanceof Map) {
    need(value instanceof Map && [...value.keys()].every((key) => shape.has(key)));
    for (const [key, inner] of shape) {
      need(value.has(key) || inner.maybe);
      if (value.has(key)) fit(value.get(key), inner.maybe ?? inner);
    }
  } else if (Array.isArray(shape)) {
    need(Array.isArray(value) && (shape.length === 1 || shape.length === value.length));
    value.forEach((item, at) => fit(item, shape.length === 1 ? shape[0] : shape[at]));
  } else {
    need(shape(value));
  }
  return value;
}

const map = (...entries) =>
  new Map(entries.map(([key, shape]) => [typeof key === "number" ? BigInt(key) : key, shape]));
const uint =
  (most = 2n ** 64n - 1n, least = 0n) =>
  (value) =>
    typeof value === "bigint" && least <= value && value <= most;
const sizedBytes = (least, most) => (value) =>
  Buffer.isBuffer(value) && least <= value.length && value.length <= most;
const text = (least, most) => (value) =>
  typeof value === "string" && least <= bytes(value).length && bytes(value).length <= most;
const [UINT, INT, LABEL, BOOL] = [
  uint(),
  uint(2n ** 63n - 1n, -(2n ** 63n)),
  uint(2n ** 32n - 1n),
  (value) => typeof value === "boolean",
];
const [KID, ANY, TEXT, BYTES] = [sizedBytes(8, 8), () => true, text(0, 1e6), sizedBytes(0, 1e7)];
const LAYER = [BYTES, (value) => value instanceof Map && value.size === 0, BYTES, sizedBytes(64, 64)];
const COSE_KEY = map([1, uint(2n, 2n)], [-1, uint(1n, 1n)], [-2, sizedBytes(32, 32)], [-3, BOOL]);
const ENTRY = map([1, KID], [2, INT], [3, ANY], [4, UINT], [5, UINT], [6, UINT], [7, maybe(text(0, 200))]);
const TRUST = map([4, UINT], [6, UINT], [-65539, map([1, UINT], [2, [ENTRY]])]);
const NUMBERS = (value) => Array.isArray(value) && value.length <= 32 && value.every(uint(65535n));
const NAME = text(1, 96);
const SCENE = map(
  [1, uint(65535n, 1n)],
  [2, NAME],
  [3, NAME],
  [4, uint(4n, 1n)],
  [5, NUMBERS],
  [6, NUMBERS],
  [7, uint(2n)],
  [8, LABEL],
  [9, BOOL],
  [10, LABEL],
  [11, LABEL],
  [12, uint(2n, 1n)],
  [13, BOOL],
  [14, LABEL],
  [15, uint(3n, 1n)],
  [16, BOOL],
);
const SCENES = map([4, UINT], [6, UINT], [-65540, map([1, UINT], [2, [SCENE]])]);
const STATUS = map(
  [2, text(1, 240)],
  [4, UINT],
  [6, UINT],
  [65533, map(["lst", BYTES], ["bits", UINT])],
  [65534, UINT],
);
const PASS = map(
  [4, UINT],
  [8, map([1, COSE_KEY])],
  [169, maybe(map([4, TEXT]))],
  [-65537, map([1, UINT], [2, UINT], [3, UINT], [4, UINT], [5, maybe(UINT)])],
);
const CODE = map([3, maybe(TEXT)], [6, UINT], [10, maybe(BYTES)], [-65538, map([1, UINT], [2, UINT])]);

// Section 4: Node takes points whole
function loadPoint(key) {
  try {
    const compressed = Buffer.concat([Buffer.from([key.get(-3n) ? 3 : 2]), key.get(-2n)]);
    const point = ECDH.convertKey(compressed, "prime256v1", null, null, "uncompressed");
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString("base64url"));
    return createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
  } catch {
    return null;
  }
}

const sha256 = (data) => createHash("sha256").update(data).digest();
const keyId = (key) => sha256(key.export({ type: "spki", format: "der" })).subarray(0, 8);

function byteString(part) {
  const size = part.length;
  const length = size < 24 ? 0 : size < 256 ? 1 : size < 65536 ? 2 : 4;
  const head = length ? Buffer.alloc(1 + length, 0x58 + Math.log2(length)) : Buffer.from([0x40 + size]);
  if (length) head.writeUIntBE(size, 1, length);
  return Buffer.concat([head, part]);
}

function isSigned(layer, key) {
  const message = Buffer.concat([
    Buffer.from("\x84\x6aSignature1", "latin1"),
    byteString(layer[0]),
    Buffer.from([0x40]),
    byteString(layer[2]),
  ]);
  return verifySignature("sha256", message, { key, dsaEncoding: "ieee-p1363" }, layer[3]);
}

function otherwise(reason, action) {
  try {
    return action();
  } catch (error) {
    if (error instanceof Refused || error.code?.startsWith("Z_") || error.code === "ERR_BUFFER_TOO_LARGE")
      throw new Refused(reason);
    throw error;
  }
}

// Section 7: one rule for all documents
function load(data, kind, family, most, signersOf, payload) {
  const [layer, header] = otherwise(`${family}_MALFORMED`, () => {
    need(data[0] === 0xd2 && data.length <= most);
    const layer = read(data.subarray(1), LAYER);
    const header = read(layer[0], map([1, INT], [4, KID], [16, TEXT]));
    need(header.get(16n) === `application/${kind}+cwt`);
    return [layer, header];
  });
  const isGood = header.get(1n) === -7n && signersOf(header.get(4n)).some((key) => isSigned(layer, key));
  need(isGood, `${family}_SIGNATURE`);
  return otherwise(`${family}_MALFORMED`, () => read(layer[2], payload));
}

export function loadTrust(data, root, held = 0n) {
  // A
  need(data, "TRUST_MISSING");
  const ofRoot = (kid) => (kid.equals(keyId(root)) ? [root] : []);
  const found = load(data, "szid-trust", "TRUST", 65536, ofRoot, TRUST);
  const [version, entries] = found.get(-65539n).values();
  otherwise("TRUST_MALFORMED", () => {
    need(entries.length <= 256);
    for (const entry of entries) {
      need((entry.get(4n) === 1n) === entry.has(7n));
      if (entry.get(2n) !== -7n) continue;
      entry.point = loadPoint(fit(entry.get(3n), COSE_KEY));
      need(entry.point && keyId(entry.point).equals(entry.get(1n)));
    }
  });
  need(version >= held, "TRUST_ROLLBACK");
  return { exp: found.get(4n), iat: found.get(6n), entries };
}

const isNow = (entry, now) => entry.get(5n) <= now && now < entry.get(6n);

const signers = (trust, purpose, now) => (kid) =>
  trust.entries
    .filter(
      (entry) => entry.point && entry.get(1n).equals(kid) && entry.get(4n) === purpose && isNow(entry, now),
    )
    .map((entry) => entry.point);

export function loadScene(data, trust, now, number, held = 0n) {
  // B
  const found = load(data, "szid-scenes", "SCENES", 65536, signers(trust, 3n, now), SCENES);
  const [version, list] = found.get(-65540n).values();
  const scenes = new Map(list.map((scene) => [scene.get(1n), scene]));
  need(scenes.size === list.length && list.length <= 256, "SCENES_MALFORMED");
  need(found.get(4n) > now, "SCENES_EXPIRED");
  need(version >= held, "SCENES_ROLLBACK");
  need(!number || scenes.has(number), "SCENE_UNKNOWN");
  return scenes.get(number) ?? ANY_SCENE;
}

export function loadStatus(data, trust, now, held = 0n) {
  // C
  const found = load(data, "statuslist", "STATUS", 1052672, signers(trust, 2n, now), STATUS);
  const [packed, bits] = found.get(65533n).values();
  const list = otherwise("STATUS_MALFORMED", () => {
    need([1n, 2n, 4n, 8n].includes(bits));
    const { buffer, engine } = inflateSync(packed, { info: true, maxOutputLength: 2 ** 17 * Number(bits) });
    need(engine.bytesWritten === packed.length);
    return buffer;
  });
  need(found.get(6n) >= held, "STATUS_ROLLBACK");
  return { uri: found.get(2n), exp: found.get(4n), iat: found.get(6n), bits, list };
}

function checkTrust(trust, now, newest) {
  need(now + 30n >= (newest > trust.iat ? newest : trust.iat), "VERIFIER_CLOCK_BEHIND");
  need(trust.exp > now, "TRUST_EXPIRED");
}

// Step 4
function findSigner(layer, header, trust, now) {
  let worst = 0;
  for (const entry of trust.entries.filter((entry) => entry.get(1n).equals(header.get(4n)))) {
    const miss =
      !entry.point || entry.get(2n) !== header.get(1n)
        ? 2
        : entry.get(4n) !== 1n
          ? 3
          : !isNow(entry, now)
            ? 4
            : !isSigned(layer, entry.point)
              ? 5
              : 0;
    if (!miss) return entry;
    worst = Math.max(worst, miss);
  }
  throw new Refused(
    ["ISSUER_UNKNOWN", , "ALGORITHM_MISMATCH", "KEY_PURPOSE", "KEY_NOT_VALID", "PASS_SIGNATURE"][worst],
  );
}

function readPass(payload) {
  const [value] = readItem(payload);
  const about = value instanceof Map ? value.get(-65537n) : undefined;
  const profile = about instanceof Map ? about.get(1n) : undefined;
  need(profile === undefined || profile === 1n, "PROFILE_UNKNOWN");
  return read(payload, PASS);
}

const within = (value, least, most) => value >= least && value <= most;

// Returns OK or OK_AGAIN, or throws Refused with the reason. `seen(key, now, operator)` remembers one use of one
// code and returns who used it within 120 s before, or undefined.
export function verify(
  digits,
  now,
  trust,
  lists,
  { scene = ANY_SCENE, shown, newest = 0n, online = false, operator = "", seen } = {},
) {
  const code = read(decodeDigits(digits), LAYER); // 2
  const outer = read(code[0], map([1, INT], [13, LAYER]));
  need(outer.get(1n) === -7n, "ALGORITHM_UNKNOWN");
  const pass = outer.get(13n);
  need(code[0].length - 4 <= 256); // the pass, behind a2 01 26 0d
  const inner = read(pass[0], map([1, INT], [4, KID]));
  need(inner.get(1n) === -7n, "ALGORITHM_UNKNOWN");
  const says = readPass(pass[2]);
  const claims = read(code[2], CODE);
  need(claims.has(3n) === claims.has(10n));
  checkTrust(trust, now, newest); // 3
  need(online || now - trust.iat <= scene.get(10n), "TRUST_TOO_OLD");
  const signer = findSigner(pass, inner, trust, now);
  const [exp, about, how, iat] = [says.get(4n), says.get(-65537n), claims.get(-65538n), claims.get(6n)];
  const [identity, protection, index, tier] = [about.get(2n), about.get(3n), about.get(4n), how.get(1n)];
  const nameFits = !says.has(169n) || text(1, 24)(says.get(169n).get(4n));
  need(
    (exp + 28800n) % DAY === 0n &&
      within(identity, 1n, 4n) &&
      within(protection, 1n, 4n) &&
      index < 2n ** 32n &&
      (about.get(5n) ?? 0n) < 65536n &&
      nameFits,
    "PASS_CLAIMS",
  ); // 5
  const device = loadPoint(says.get(8n).get(1n));
  need(device, "DEVICE_KEY");
  need(now >= exp - DAY - 30n, "PASS_NOT_YET_VALID"); // 7
  need(now < exp + 60n, "PASS_EXPIRED");
  need(isSigned(code, device), "CODE_SIGNATURE");
  const [audience, nonce] = [claims.get(3n), claims.get(10n)];
  const challengeFits = audience === undefined || (text(1, 22)(audience) && within(nonce.length, 8, 16));
  need(within(tier, 1n, 3n) && how.get(2n) < 65536n && challengeFits, "CODE_CLAIMS"); // 9
  need(iat - now <= 30n, "CLOCK_AHEAD");
  need(now - iat <= 60n, "CODE_EXPIRED");
  const isAnswer = shown && audience === shown.audience && nonce?.equals(shown.nonce); // 11
  need(audience === undefined || isAnswer, "CHALLENGE_MISMATCH");
  need(audience !== undefined || !(shown || scene.get(13n)), "CHALLENGE_MISSING");
  need([0n, scene.get(1n)].includes(how.get(2n)), "SCENE_MISMATCH"); // 12
  need(online || scene.get(9n), "OFFLINE_NOT_ALLOWED");
  need(
    [identity, protection + 1n, tier + 1n].every((level) => level >= scene.get(4n)),
    "LEVEL_TOO_LOW",
  );
  need(lists.length, "STATUS_MISSING"); // 13
  const uri = `${signer.get(7n)}${exp}/${index >> 20n}`;
  const ours = lists
    .filter((list) => list.uri === uri)
    .reduce((a, b) => (a && a.iat >= b.iat ? a : b), undefined);
  need(ours, "STATUS_FOREIGN");
  const at = Number((index % 2n ** 20n) * ours.bits);
  need(at >> 3 < ours.list.length, "STATUS_INDEX");
  need(now + 30n >= ours.iat, "VERIFIER_CLOCK_BEHIND");
  const status = (ours.list[at >> 3] >> (at & 7)) & (2 ** Number(ours.bits) - 1);
  need(status !== 2, "FROZEN");
  need(status === 0, "REVOKED");
  need(ours.exp > now && (online || now - ours.iat <= scene.get(11n)), "STATUS_TOO_OLD");
  const key = `${sha256(says.get(8n).get(1n).get(-2n)).toString("hex", 0, 16)} ${iat}`; // 14
  const before = seen?.(key, now, operator);
  need(before === undefined || (scene.get(12n) === 2n && before === operator), "REPLAY");
  return before === undefined ? "OK" : "OK_AGAIN";
}

// What scanners add
export const clean = (scanned) =>
  scanned.replace(/[\r\n\t ]/g, "").replace(/[０-９]/g, (digit) => String(digit.charCodeAt(0) - 0xff10));

function answer(line) {
  const field = line.split("\t");
  const hexed = (part) => (part === "-" ? undefined : Buffer.from(part, "hex"));
  const [now, newest, heldTrust, heldScenes, number] = [0, 1, 4, 6, 7].map((at) => BigInt(field[at]));
  const root = createPublicKey({ key: hexed(field[2]), type: "spki", format: "der" });
  const trust = loadTrust(hexed(field[3]), root, heldTrust);
  const scene = field[5] === "-" ? ANY_SCENE : loadScene(hexed(field[5]), trust, now, number, heldScenes);
  const lists = field[8]
    .split(",")
    .filter((one) => one !== "-")
    .map((one) => loadStatus(hexed(one), trust, now));
  if (field[13] === "-") return checkTrust(trust, now, newest) ?? "OK";
  const shown =
    field[9] === "-" ? undefined : { audience: hexed(field[9]).toString(), nonce: hexed(field[10]) };
  const seen = () => (field[12] === "-" ? undefined : field[12]);
  return verify(hexed(field[13]).toString(), now, trust, lists, {
    scene,
    shown,
    newest,
    online: field[14] === "online",
    operator: field[11],
    seen,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      console.log(answer(line));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      console.log(error.message);
    }
  }
}
