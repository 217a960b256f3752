// What a clerk meets: every flow of the desk console, in Chromium, with the keyboard alone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { City } from "./city.js";

const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
];
let city, browser, context, page, lin, old;
const faults = [];

before(async () => {
  city = await City.found();
  lin = await city.citizen("XDEMO0001");
  old = { code: await lin.code(), at: Date.now() };
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ARGUMENTS });
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "zh-CN", permissions: ["clipboard-read", "clipboard-write"] });
  page = await context.newPage();
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    // Chromium reports answers that are no 2xx, and requests without a network, on its own.
    if (message.type() === "error" && !message.text().includes("Failed to load resource")) faults.push(message.text());
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(city.base_url) && !url.startsWith("data:")) faults.push(`a request to ${url}`);
  });
});

after(async () => {
  await browser?.close();
  await city?.end();
});

const text = (id) => page.locator(`#${id}`).textContent();
const state = () => page.locator("#verdict").getAttribute("data-state");
const settled = () => page.waitForFunction(() => !["idle", "checking"].includes(document.querySelector("#verdict").dataset.state));
const focused = () => page.evaluate(() => document.activeElement?.id);

async function signIn(credential = city.hall, query = "") {
  await context.clearCookies();
  await page.goto(`${city.base_url}/console/${query}`);
  await page.waitForSelector("#credential");
  await page.keyboard.type(credential);
  await page.keyboard.press("Enter");
}

async function desk(query) {
  await signIn(city.hall, query);
  await page.waitForSelector("#desk:not([hidden])");
  await choose("2");
}

async function choose(scene) {
  await page.locator("#scene").selectOption(scene);
  await page.locator("#code").focus();
}

/// Types as a wedge does: keys only, at its speed, and Enter.
async function wedge(digits) {
  await page.keyboard.type(digits);
  await page.keyboard.press("Enter");
  await settled();
  return text("reason-code");
}

async function picture(name) {
  if (!process.env.SCREENSHOTS) return;
  await mkdir(process.env.PICTURES, { recursive: true });
  await page.screenshot({ path: join(process.env.PICTURES, `${name}.png`) });
}

test("a wrong credential is told, and another one is asked for", async () => {
  await signIn("not-a-credential");
  await page.waitForSelector("#sign-in-problem:not(:empty)");
  assert.match(await text("sign-in-problem"), /凭据不对.*not known/);
  assert.equal(await page.locator("#credential").inputValue(), "");
  assert.equal(await focused(), "credential");
});

test("a device signs in, and a fresh code is accepted", async () => {
  await desk();
  assert.match(await text("venue"), /演示市综合服务大厅 · 南山分厅 · desk/);
  assert.equal(await wedge(await lin.code()), "OK");
  assert.equal(await state(), "accept");
  assert.equal(await text("word-zh"), "通过");
  assert.match(await text("staff-en"), /Let the person pass/);
  assert.equal(await page.locator("#code").inputValue(), "");
  assert.equal(await focused(), "code");
  await picture("accept");
});

test("the same code again: the same desk may, another one may not, a gate may not", async () => {
  const code = await lin.code();
  assert.equal(await wedge(code), "OK");
  assert.equal(await wedge(code), "OK_AGAIN");
  assert.equal(await state(), "accept");
  await page.keyboard.press("F4");
  await page.keyboard.type("二号台");
  await page.locator("#code").focus();
  assert.equal(await wedge(code), "REPLAY");
  assert.equal(await state(), "refuse");
  assert.equal(await text("word-zh"), "不通过");
  assert.ok(await page.locator("#log li").count() <= 10);
  assert.match(await text("staff-zh"), /刷新市民码/);
  assert.match(await text("citizen-en"), /Refresh your code/);
  await picture("refuse");
  await choose("3");
  assert.equal(await wedge(code), "REPLAY");
  await choose("2");
});

test("an input method that is left on does not spoil a scan", async () => {
  const client = await context.newCDPSession(page);
  const key = async (digit) => {
    const pressed = { key: "Process", code: `Digit${digit}`, windowsVirtualKeyCode: 229 };
    await client.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...pressed });
    await client.send("Input.dispatchKeyEvent", { type: "keyUp", ...pressed });
  };
  const code = await lin.code();
  // What an input method makes of the first digits; the rest it lets through, in full width.
  for (const digit of code.slice(0, 40)) {
    await key(digit);
    await client.send("Input.imeSetComposition", { text: "零七五五一", selectionStart: 5, selectionEnd: 5 });
  }
  await client.send("Input.insertText", { text: "零七五五一" });
  for (const digit of code.slice(40)) {
    await key(digit);
    await client.send("Input.insertText", { text: String.fromCharCode(0xff10 + Number(digit)) });
  }
  await page.keyboard.press("Enter");
  await settled();
  assert.equal(await text("reason-code"), "OK");
  assert.equal(await page.locator("#code").inputValue(), "");

  // And one that is still composing when the scanner's Enter comes.
  const next = await lin.code();
  for (const digit of next) {
    await key(digit);
  }
  await client.send("Input.imeSetComposition", { text: "拼 yin", selectionStart: 5, selectionEnd: 5 });
  await client.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Process", code: "Enter", windowsVirtualKeyCode: 229 });
  await settled();
  assert.equal(await text("reason-code"), "OK");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#code").inputValue(), "");
});

test("full-width digits, line ends and a pasted code are taken", async () => {
  const full = [...(await lin.code())].map((digit) => String.fromCharCode(0xff10 + Number(digit))).join("");
  await page.keyboard.insertText(full);
  await page.keyboard.press("Enter");
  await settled();
  assert.equal(await text("reason-code"), "OK");
  // A copied code, with the line end that came along.
  for (const ending of ["", "\r\n"]) {
    await page.evaluate((text) => navigator.clipboard.writeText(text), (await lin.code()) + ending);
    await page.keyboard.press("Control+V");
    await page.keyboard.press("Enter");
    await settled();
    assert.equal(await text("reason-code"), "OK");
    await page.keyboard.press("Escape");
  }
  // A scanner that ends with two line ends makes one scan.
  let scans = 0;
  const count = (request) => (scans += request.url().endsWith("/v1/scans"));
  page.on("request", count);
  assert.equal(await wedge(await lin.code()), "OK");
  await page.keyboard.press("Enter");
  await page.waitForTimeout(100);
  page.off("request", count);
  assert.equal(scans, 1);
  // A scanner that ends with a tab.
  await page.keyboard.press("Escape");
  await page.keyboard.type(await lin.code());
  await page.keyboard.press("Tab");
  await settled();
  assert.equal(await text("reason-code"), "OK");
  assert.equal(await focused(), "code");
});

test("what is no code, half a code or two codes gets the service's own reason", async () => {
  const [first, second] = [await lin.code(), await lin.code()];
  assert.equal(await wedge("6901234567892"), "NOT_A_CITIZEN_CODE");
  // No list was needed for that; the ages that are known stay.
  assert.match(await text("trust-age"), /前/);
  assert.match(await text("status-age"), /实时/);
  assert.equal(await wedge("hello, world"), "NOT_A_CITIZEN_CODE");
  assert.equal(await wedge(first.slice(0, 300)), "TEXT_LENGTH");
  assert.equal(await wedge(first + second), "TEXT_TOO_LONG");
  assert.match(await text("staff-zh"), /一次只扫一个码/);
  await page.locator("#code").evaluate((field) => (field.value = "9".repeat(5000)));
  assert.equal(await wedge(""), "NOT_A_CITIZEN_CODE");
});

test("a scan that goes to another field comes back, and that field keeps its own text", async () => {
  await page.locator("#operator").focus();
  await page.locator("#operator").fill("三号台");
  await page.waitForTimeout(500);
  assert.equal(await wedge(await lin.code()), "OK");
  assert.equal(await page.locator("#operator").inputValue(), "三号台");
  assert.equal(await focused(), "code");
  // Digits in a list of choices or on a button would do something else there.
  for (const elsewhere of ["#scene", "#mute"]) {
    await page.locator(elsewhere).focus();
    assert.equal(await wedge(await lin.code()), "OK");
    assert.equal(await page.locator("#scene").inputValue(), "2");
  }
  assert.equal(await page.locator("#mute").getAttribute("aria-pressed"), "false");
});

test("offline is told, a scan meanwhile is told as not sent, and it works again afterwards", async () => {
  await context.setOffline(true);
  await page.waitForSelector("#banner:not([hidden])");
  assert.match(await text("connection"), /未连接/);
  const code = await lin.code();
  assert.equal(await wedge(code), "NOT_SENT");
  assert.equal(await state(), "unsent");
  assert.equal(await text("word-zh"), "未核验");
  assert.match(await page.locator("#log li").first().textContent(), /未核验.*NOT_SENT/);
  await context.setOffline(false);
  await page.waitForSelector("#banner", { state: "hidden" });
  assert.equal(await wedge(code), "OK");

  // The network is there, the service is not.
  await page.route("**/v1/scans", (route) => route.abort("connectionrefused"));
  assert.equal(await wedge(code), "NOT_SENT");
  await page.waitForSelector("#banner:not([hidden])");
  await page.unroute("**/v1/scans");
  await page.keyboard.press("F9");
  await page.waitForSelector("#banner", { state: "hidden" });
});

test("a silent service is told, and scans behind a slow answer wait their turn or are told as not sent", async () => {
  const code = await lin.code();
  await page.route("**/v1/scans", () => {});
  assert.equal(await wedge(code), "NO_ANSWER");
  assert.equal(await state(), "unsent");
  await page.unroute("**/v1/scans");
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  await page.route("**/v1/scans", async (route) => {
    await opened;
    await route.continue();
  });
  await page.keyboard.press("Escape");
  for (const scanned of [code, "1", "2", "3", "4"]) {
    await page.keyboard.insertText(scanned);
    await page.keyboard.press("Enter");
  }
  assert.match(await page.locator("#log li").first().textContent(), /NOT_SENT/);
  open();
  await page.waitForFunction(() => [...document.querySelectorAll("#log li")].slice(0, 3).every((li) => li.textContent.includes("NOT_A_CITIZEN_CODE")));
  const log = await page.locator("#log li").allTextContents();
  assert.match(log[3], /OK/);
  assert.match(log[4], /NOT_SENT/);
  await page.unroute("**/v1/scans");
});

test("a frozen citizen code is refused with what to do", async () => {
  const lost = await city.citizen("XDEMO0009");
  assert.equal(await wedge(await lost.code()), "OK");
  await city.freeze(lost);
  assert.equal(await wedge(await lost.code()), "FROZEN");
  assert.match(await text("citizen-zh"), /12345/);
});

test("purpose and case are asked for where the scene demands them, and go with the next person", async () => {
  await choose("2");
  assert.equal(await page.locator("#purpose-field").isVisible(), false);
  await choose("701");
  const sent = async () => {
    const [request] = await Promise.all([page.waitForRequest("**/v1/scans"), wedge(await lin.code())]);
    return request.postDataJSON();
  };
  assert.deepEqual(Object.keys(await sent()).sort(), ["code", "operator", "scene"]);
  await page.locator("#purpose").fill("挂号");
  await page.locator("#case").fill("A-17");
  await page.locator("#code").focus();
  const question = await sent();
  assert.deepEqual([question.purpose, question.case, question.scene], ["挂号", "A-17", 701]);
  // The next person is another case.
  assert.equal(await page.locator("#case").inputValue(), "");
  await choose("2");
  assert.equal(await page.locator("#purpose").inputValue(), "");
});

test("a hospital's scan waits for the citizen, and shows what they approved", async () => {
  await choose("6");
  // One program at a time holds the wallet.
  const [first, second] = [await lin.code(), await lin.code()];
  const approving = lin.consents("--approve");
  assert.equal(await wedge(first), "OK");
  await approving;
  assert.match(await text("claims"), /姓名.*Name.*SAMPLE, MARIA/);
  const refusing = lin.consents("--deny");
  assert.equal(await wedge(second), "CONSENT_DENIED");
  await refusing;
  assert.equal(await page.locator("#claims > div").count(), 0);
  await choose("2");
});

const CLAIMS = {
  name: "SAMPLE, MARIA", document_type: "护照", document_number: "XDEMO0001", nationality: "XXX", sex: "女",
  birth_date: "1988-03-15", document_validity: "2031-01-01", phone: "13800000000", concession: true,
  licences: [{ name: "导游证", document_number: "D-0001" }],
};

/// The service's own answer, with data beside it.
async function withClaims(route) {
  const response = await route.fetch();
  await route.fulfill({ response, json: { ...(await response.json()), claims: CLAIMS } });
}

const inPage = (words) => page.evaluate((words) => {
  const fields = [...document.querySelectorAll("input")].map((field) => field.value);
  return (document.documentElement.outerHTML + fields.join()).includes(words);
}, words);

test("the venue's own code is on the screen, a phone answers it or confirms by itself", async () => {
  await desk();
  const drawn = page.waitForResponse((response) => response.url().endsWith("/v1/venue-codes"));
  await page.keyboard.press("F6");
  const { digits } = await (await drawn).json();
  await page.waitForSelector("#venue-code-area img[src]");
  assert.ok(await page.locator("#venue-code-area img").evaluate((image) => image.decode().then(() => image.naturalWidth > 0)));
  assert.equal(await focused(), "code");
  await picture("venue-code");
  assert.equal(await wedge(await lin.code(digits)), "OK");
  await page.keyboard.press("Escape");
  assert.equal(await state(), "idle");
  const seen = settled();
  const { stdout } = await lin.visit(digits);
  await seen;
  assert.equal(await text("reason-code"), "OK");
  assert.match(stdout, /演示市综合服务大厅.*图书借阅/);
  assert.match(stdout, /核验通过/);
  await page.keyboard.press("F6");
  assert.ok(await page.locator("#venue-code-area").isHidden());
  assert.equal(await page.locator("#venue-code-area img").getAttribute("src"), null);
});

test("a short number is typed by hand, and a wrong one is told", async () => {
  await desk();
  const number = await lin.number();
  const wrong = number.slice(0, 8) + ((Number(number[8]) + 1) % 10);
  assert.equal(await wedge(wrong), "NUMBER_MISTYPED");
  assert.match(await text("staff-zh"), /核对后重新输入/);
  assert.equal(await wedge(number.replace(/(...)(...)/, "$1 $2 ")), "OK");
  assert.equal(await wedge(number), "NUMBER_UNKNOWN");
});

test("data about a person are shown with labels, and vanish in time, at the next scan and with Esc", async () => {
  await desk("?keep=2");
  await page.route("**/v1/scans", withClaims);
  await wedge(await lin.code());
  const rows = await page.locator("#claims > div").allTextContents();
  assert.equal(rows.length, Object.keys(CLAIMS).length);
  assert.ok(rows.some((row) => /姓名.*Name.*SAMPLE, MARIA/.test(row)), rows.join());
  assert.ok(rows.some((row) => /优待.*Concession.*是.*yes/.test(row)), rows.join());
  assert.ok(rows.some((row) => /导游证/.test(row)), rows.join());
  assert.ok(await inPage("SAMPLE, MARIA"));
  assert.equal(await inPage("XDEMO0001"), false, "numbers are covered until they are asked for");
  await page.click("#reveal");
  assert.ok(await inPage("XDEMO0001"));
  assert.equal(await page.locator("#reveal").getAttribute("aria-pressed"), "true");
  await page.keyboard.press("F7");
  assert.equal(await inPage("XDEMO0001"), false);
  await page.keyboard.press("F7");
  assert.doesNotMatch(await text("log"), /SAMPLE|XDEMO/);
  await page.waitForFunction(() => document.querySelector("#verdict").dataset.state === "idle");
  assert.equal(await inPage("SAMPLE, MARIA"), false);
  assert.equal(await inPage("XDEMO0001"), false);

  await desk();
  const code = await lin.code();
  await wedge(code);
  await page.waitForTimeout(process.env.SCREENSHOTS ? 300 : 0);
  await picture("data");
  assert.ok(await inPage("SAMPLE, MARIA"));
  await page.keyboard.press("Escape");
  assert.equal(await inPage("SAMPLE, MARIA"), false);
  assert.equal(await state(), "idle");

  await wedge(code);
  assert.ok(await inPage("SAMPLE, MARIA"));
  await page.unroute("**/v1/scans");
  // While the next answer is still on its way, the last person is gone already.
  let meanwhile;
  await page.route("**/v1/scans", async (route) => {
    meanwhile = [await inPage("SAMPLE, MARIA"), await state()];
    await route.continue();
  });
  await page.keyboard.type(code);
  await page.keyboard.press("Enter");
  await settled();
  assert.deepEqual(meanwhile, [false, "checking"]);
  await page.unroute("**/v1/scans");
});

test("everything is done with the keyboard alone", async () => {
  await desk();
  await page.keyboard.press("F2");
  assert.equal(await focused(), "scene");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.locator("#scene").inputValue(), "3");
  assert.equal(await wedge(await lin.code()), "OK");
  await page.keyboard.press("F2");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("F4");
  assert.equal(await focused(), "operator");
  await page.keyboard.press("F8");
  assert.match(await text("mute"), /声音关/);
  await page.keyboard.press("F8");
  await page.keyboard.press("F1");
  assert.equal(await page.locator("#keys").isVisible(), true);
  // A scan that comes while the list of keys is open is a scan all the same.
  assert.equal(await wedge(await lin.code()), "OK");
  assert.equal(await page.locator("#keys").isVisible(), false);
  await page.keyboard.press("F1");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#keys").isVisible(), false);
  assert.equal(await state(), "accept");
  assert.equal(await focused(), "code");
  // Tab reaches every control, and comes round.
  const reached = new Set();
  for (let step = 0; step < 14; step += 1) {
    await page.keyboard.press("Tab");
    reached.add(await focused());
  }
  for (const control of ["mute", "help", "sign-out", "code", "scene", "operator"]) assert.ok(reached.has(control), control);
});

test("a session survives a reload, needs its token, and ends", async () => {
  await page.reload();
  await page.waitForSelector("#desk:not([hidden])");
  assert.equal(await focused(), "code");
  const cookies = await context.cookies();
  assert.deepEqual(cookies.map(({ httpOnly, sameSite, path }) => [httpOnly, sameSite, path]), [[true, "Strict", "/"]]);
  const refused = await page.evaluate(async () => {
    const headers = { "Content-Type": "application/json" };
    const answers = [];
    for (const token of [{}, { "X-CSRF-Token": "A".repeat(43) }]) {
      const response = await fetch("../v1/scans", { method: "POST", headers: { ...headers, ...token }, body: '{"code":"1"}' });
      answers.push([response.status, (await response.json()).code]);
    }
    return answers;
  });
  assert.deepEqual(refused, [[403, "SESSION_TOKEN"], [403, "SESSION_TOKEN"]]);
  await page.locator("#sign-out").click();
  await page.waitForSelector("#credential");
  assert.equal((await context.cookies()).length, 0);
  // A session that the service no longer knows asks for the credential, and says that the code was not checked.
  await desk();
  await context.clearCookies();
  await page.keyboard.type(await lin.code());
  await page.keyboard.press("Enter");
  await page.waitForSelector("#sign-in-problem:not(:empty)");
  assert.match(await text("sign-in-problem"), /没有核验/);
});

/// A second of video, 1280 x 720, of a code on white: what Chromium's fake camera shows.
async function film(code) {
  const png = (await readFile(code)).toString("base64");
  const canvas = await browser.newPage();
  const luma = await canvas.evaluate(async (png) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const context = new OffscreenCanvas(1280, 720).getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, 1280, 720);
    context.drawImage(image, 390, 110, 500, 500);
    const { data } = context.getImageData(0, 0, 1280, 720);
    let text = "";
    for (let at = 0; at < data.length; at += 4) text += String.fromCharCode(16 + Math.round(data[at] * 0.859));
    return btoa(text);
  }, png);
  await canvas.close();
  const frame = Buffer.concat([Buffer.from("FRAME\n"), Buffer.from(luma, "base64"), Buffer.alloc(1280 * 360, 128)]);
  const file = join(city.folder, "camera.y4m");
  await writeFile(file, Buffer.concat([Buffer.from("YUV4MPEG2 W1280 H720 F5:1 Ip A1:1 C420\n"), ...Array(5).fill(frame)]));
  return file;
}

test("the camera reads a shown code, on request only, with a decoder where the browser has none", async () => {
  const drawn = join(city.folder, "shown.png");
  await lin.draw(drawn);
  const camera = `--use-file-for-fake-video-capture=${await film(drawn)}`;
  const withCamera = await chromium.launch({ executablePath: process.env.CHROMIUM, args: [...ARGUMENTS, camera] });
  const seen = await (await withCamera.newContext({ permissions: ["camera"], viewport: { width: 1280, height: 800 } })).newPage();
  seen.on("pageerror", (error) => faults.push(String(error)));
  const asked = [];
  seen.on("request", (request) => asked.push(request.url()));
  const fetched = () => asked.some((url) => url.endsWith("/vendor/qr/decode.js"));
  await seen.goto(`${city.base_url}/console/`);
  assert.equal(await seen.evaluate(() => "BarcodeDetector" in window), false, "this browser has no reader of its own");
  await seen.fill("#credential", city.venue);
  await seen.keyboard.press("Enter");
  await seen.waitForSelector("#camera:not([hidden])");
  assert.equal(await seen.evaluate(() => document.querySelector("#viewfinder").srcObject), null);
  assert.equal(fetched(), false);
  await seen.click("#camera");
  await seen.waitForFunction(() => document.querySelector("#reason-code").textContent === "OK");
  assert.ok(fetched());
  assert.ok(asked.every((url) => url.startsWith(city.base_url) || url.startsWith("data:")), asked.join());
  if (process.env.SCREENSHOTS) await seen.screenshot({ path: join(process.env.PICTURES, "camera.png") });
  await seen.keyboard.press("Escape");
  assert.equal(await seen.locator("#viewfinder").isVisible(), false);
  await withCamera.close();
});

test("where the browser reads codes itself, nothing is fetched for it", async () => {
  const other = await browser.newContext({ permissions: ["camera"] });
  const shown = await lin.code();
  await other.addInitScript((digits) => {
    // A stand-in for the reader that other browsers have: it reads one code from any picture.
    window.BarcodeDetector = class {
      static getSupportedFormats = async () => ["qr_code"];
      detect = async (video) => (video.videoWidth > 0 ? [{ rawValue: digits }] : []);
    };
  }, shown);
  const seen = await other.newPage();
  const asked = [];
  seen.on("request", (request) => asked.push(request.url()));
  await seen.goto(`${city.base_url}/console/`);
  await seen.fill("#credential", city.venue);
  await seen.keyboard.press("Enter");
  await seen.click("#camera");
  await seen.waitForFunction(() => document.querySelector("#reason-code").textContent === "OK");
  assert.ok(!asked.some((url) => url.includes("/vendor/")));
  await other.close();
});

test("no rule of accessibility is broken in any state, and nothing runs over the edge", async () => {
  const sources = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const sound = async (where) => {
    await page.evaluate(sources);
    if (process.env.LOOK) await page.screenshot({ path: join(process.env.LOOK, `${where}.png`) });
    const { violations } = await page.evaluate(() => window.axe.run());
    const told = violations.map(({ id, nodes }) => `${where}: ${id} ${nodes.map(({ html }) => html).join(" ")}`);
    assert.deepEqual(told, []);
  };
  const fits = async (where) => {
    for (const [width, height] of [[1920, 1080], [1280, 800], [1024, 768], [768, 1024], [390, 844]]) {
      await page.setViewportSize({ width, height });
      const over = await page.evaluate(() => {
        const edge = document.documentElement.clientWidth;
        const all = [...document.querySelectorAll("#desk *")].filter((element) => element.getClientRects().length > 0);
        const word = document.querySelector("#word-zh").getBoundingClientRect();
        return [
          ...all.filter((element) => element.getBoundingClientRect().right > edge + 1).map((element) => element.id || element.tagName),
          ...(word.bottom > innerHeight ? ["the word is below the fold"] : []),
          ...(word.height < 60 ? ["the word is small"] : []),
        ];
      });
      if (process.env.LOOK) await page.screenshot({ path: join(process.env.LOOK, `${where}-${width}.png`) });
      assert.deepEqual(over, [], `${where} at ${width} x ${height}`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  };
  await sound("sign-in");
  await desk();
  await sound("ready");
  await wedge(await lin.code());
  await sound("accepted");
  await fits("accepted");
  await wedge("123");
  await sound("refused");
  await fits("refused");
  await page.route("**/v1/scans", withClaims);
  await wedge(await lin.code());
  await sound("data");
  await fits("data");
  await page.unroute("**/v1/scans");
  await context.setOffline(true);
  await page.waitForSelector("#banner:not([hidden])");
  await wedge("123");
  await sound("offline");
  await fits("offline");
  await context.setOffline(false);
  await page.keyboard.press("F1");
  await sound("keys");
  await page.keyboard.press("Escape");
  const heard = await page.locator("#verdict [role=status]").ariaSnapshot();
  assert.match(heard, /未核验/);
});

test("an old code is refused", async () => {
  const wait = 62_000 - (Date.now() - old.at);
  if (wait > 0) await page.waitForTimeout(wait);
  assert.equal(await wedge(old.code), "CODE_EXPIRED");
});

test("from scan to verdict on the screen: measured, not judged", async () => {
  await page.evaluate(() => {
    window.times = [];
    let pressed = 0;
    document.addEventListener("keydown", (event) => {
      if (event.key === "Enter") pressed = performance.now();
    }, true);
    const verdict = document.querySelector("#verdict");
    new MutationObserver(() => {
      if (!["accept", "refuse"].includes(verdict.dataset.state)) return;
      const began = pressed;
      // The frame that shows it has been handed on when the task after its callbacks runs.
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => window.times.push(performance.now() - began);
        channel.port2.postMessage(0);
      });
    }).observe(verdict, { attributes: true, attributeFilter: ["data-state"] });
  });
  const wallets = [lin];
  for (let at = 2; at <= 5; at += 1) wallets.push(await city.citizen(`XDEMO000${at}`));
  for (let scan = 0; scan < 50; scan += 1) {
    const code = await wallets[scan % wallets.length].code();
    await page.keyboard.insertText(code);
    await page.keyboard.press("Enter");
    await page.waitForFunction((count) => window.times.length === count, scan + 1);
    assert.equal(await text("reason-code"), "OK");
  }
  const times = (await page.evaluate(() => window.times)).sort((a, b) => a - b);
  const shown = (value) => value.toFixed(1);
  console.log(`scan to verdict on the screen, ${times.length} accepted scans: median ${shown(times[25])} ms, ` +
    `90th percentile ${shown(times[44])} ms, slowest ${shown(times[49])} ms`);
});

test("nothing went wrong in the page, and nothing was asked of anybody else", () => {
  assert.deepEqual(faults, []);
});
