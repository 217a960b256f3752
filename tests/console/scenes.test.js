// Four scenes from end to end, each at its own desk with people of its own: what passes, what does not, and what is left of it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { HOTEL_ASKING, TrialCity } from "./trial.js";

let city, browser, lin, software, lost;
const faults = [];
/// Every use of Lin's identity as the desks had it: receipt and reason, the oldest first.
const given = [];

before(async () => {
  city = await TrialCity.found();
  lin = await city.citizen("XDEMO0001", "SAMPLE, MARIA");
  software = await city.citizen("XDEMO0002", "TEST, YUKI", false);
  lost = await city.citizen("XDEMO0003", "DEMO, ALEX");
  await city.freeze(lost);
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
});

after(async () => {
  await browser?.close();
  await city?.end();
});

/// A desk in a browser of its own.
class Desk {
  /// The desk of a venue, signed in, in one of its scenes.
  static async open(venue, scene) {
    const desk = await Desk.at(city.base_url);
    await desk.page.locator("#credential").fill(city.credentials[venue]);
    await desk.page.keyboard.press("Enter");
    await desk.page.waitForSelector("#desk:not([hidden])");
    await desk.page.locator("#scene").selectOption(String(scene));
    await desk.page.locator("#code").focus();
    return desk;
  }

  static async at(url) {
    const desk = new Desk();
    desk.context = await browser.newContext({ viewport: { width: 1120, height: 700 }, locale: "zh-CN" });
    const page = (desk.page = await desk.context.newPage());
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("request", (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith("data:")) faults.push(`a request to ${request.url()}`);
    });
    await page.goto(`${url}/console/`);
    return desk;
  }

  /// Types a code as a wedge does; returns the reason that stands on the screen then.
  async scan(digits, whose) {
    const { page } = this;
    const answered = page.waitForResponse((response) => response.url().endsWith("/v1/scans"), { timeout: 30_000 });
    await page.keyboard.type(digits);
    await page.keyboard.press("Enter");
    const answer = await (await answered).json();
    await page.waitForFunction(() => !["idle", "checking"].includes(document.querySelector("#verdict").dataset.state));
    const reason = await this.text("reason-code");
    assert.equal(reason, answer.reason ?? answer.code);
    const wanted = answer.decision ?? "unsent";
    assert.equal(await page.locator("#verdict").getAttribute("data-state"), wanted);
    if (wanted === "refuse") assert.equal(await page.locator("#claims > div").count(), 0, "a refusal tells nothing of the person");
    if (whose === lin && answer.receipt) given.push([answer.receipt, reason]);
    return reason;
  }

  text(id) {
    return this.page.locator(`#${id}`).textContent();
  }

  claims() {
    return this.page.locator("#claims > div").allTextContents();
  }

  async picture(name) {
    if (!process.env.SCREENSHOTS) return;
    await mkdir(process.env.PICTURES, { recursive: true });
    await this.page.screenshot({ path: join(process.env.PICTURES, `${name}.png`) });
  }

  close() {
    return this.context.close();
  }
}

test("hotel: a check-in with the guest told, and one with the guest's consent", async () => {
  const desk = await Desk.open("hotel", 1);
  assert.match(await desk.text("scene-note"), /市民会收到告知/);
  assert.equal(await desk.scan(await lin.code(), lin), "OK");
  const statutory = await desk.claims();
  assert.ok(statutory.some((row) => /号码.*XDE\*{4}01/.test(row)), "covered until it is asked for");
  await desk.page.keyboard.press("F7");
  const whole = await desk.claims();
  assert.ok(whole.some((row) => /号码.*XDEMO0001/.test(row)));
  for (const claim of [/姓名.*SAMPLE, MARIA/, /女/, /示例族/, /2036-01-15/]) {
    assert.ok(statutory.some((row) => claim.test(row)), `${claim} in ${statutory}`);
  }

  assert.equal(await desk.scan(await software.code()), "LEVEL_TOO_LOW");
  await desk.picture("scene-hotel-level");
  assert.equal(await desk.scan(await lin.code({ tier: 1 }), lin), "LEVEL_TOO_LOW", "the phone was not unlocked");
  assert.equal(await desk.scan(await lost.code()), "FROZEN");
  assert.equal(await desk.scan(await lin.code({ scene: 2 }), lin), "SCENE_MISMATCH");

  await desk.page.locator("#scene").selectOption(String(HOTEL_ASKING));
  await desk.page.locator("#code").focus();
  assert.match(await desk.text("scene-note"), /须经市民在手机上同意/);
  const [first, second, third] = [await lin.code(), await lin.code(), await lin.code()];
  const approving = lin.answer("--approve");
  assert.equal(await desk.scan(first, lin), "OK");
  assert.match(await approving, /演示海景酒店.*酒店入住（征得同意）/);
  assert.equal((await desk.claims()).length, statutory.length);
  await desk.picture("scene-hotel-consent");
  const refusing = lin.answer("--deny");
  assert.equal(await desk.scan(second, lin), "CONSENT_DENIED");
  await refusing;
  await desk.picture("scene-hotel-denied");
  assert.equal(await desk.scan(third, lin), "CONSENT_EXPIRED", "nobody answers");
  await desk.picture("scene-hotel-expired");
  await desk.close();
});

test("library: a loan without a name or a number", async () => {
  const desk = await Desk.open("library", 2);
  const code = await lin.code({ tier: 1 });
  assert.equal(await desk.scan(code, lin), "OK");
  const shown = (await desk.claims()).join();
  assert.doesNotMatch(shown, /SAMPLE|XDEMO|1988/);
  await desk.picture("scene-library");
  const once = shown;
  assert.equal(await desk.scan(await lin.code({ tier: 1 }), lin), "OK");
  assert.equal((await desk.claims()).join(), once, "the same reader at each visit");

  await desk.page.locator("#operator").fill("二号台");
  await desk.page.locator("#code").focus();
  assert.equal(await desk.scan(code, lin), "REPLAY");
  await desk.picture("scene-library-replay");
  assert.equal(await desk.scan(await lost.code()), "FROZEN");
  await desk.picture("scene-library-frozen");
  assert.equal(await desk.scan(await lin.code({ scene: 1 }), lin), "SCENE_MISMATCH");
  await desk.picture("scene-library-scene");
  assert.equal(await desk.scan(code.slice(0, 300)), "TEXT_LENGTH");
  await desk.close();
});

test("window: a case has a purpose, an operator and a number, and the citizen's consent", async () => {
  const desk = await Desk.open("window", 9);
  const fill = async (matter) => {
    for (const [id, value] of Object.entries(matter)) await desk.page.locator(`#${id}`).fill(value);
    await desk.page.locator("#code").focus();
  };
  const [first, second, third, fourth] = [await lin.code(), await lin.code(), await lin.code(), await lin.code({ tier: 1 })];
  assert.equal(await desk.scan(first, lin), "MATTER_MISSING");
  assert.match(await desk.text("verdict"), /编号|办件/);
  await desk.picture("scene-window-no-case");
  await fill({ operator: "3号窗口", purpose: "居住登记", case: "2026-000123" });
  const approving = lin.answer("--approve");
  assert.equal(await desk.scan(second, lin), "OK");
  assert.match(await approving, /演示市政务服务大厅[^]*3号窗口 · 居住登记 · 2026-000123/);
  await desk.picture("scene-window");
  assert.equal(await desk.page.locator("#case").inputValue(), "", "the next person is another case");

  await fill({ case: "2026-000124" });
  assert.equal(await desk.scan(await software.code()), "LEVEL_TOO_LOW");
  assert.equal(await desk.scan(fourth, lin), "LEVEL_TOO_LOW");
  const refusing = lin.answer("--deny");
  assert.equal(await desk.scan(third, lin), "CONSENT_DENIED");
  await refusing;
  await desk.picture("scene-window-denied");
  await fill({ operator: "4号窗口" });
  assert.equal(await desk.scan(second, lin), "REPLAY");
  await desk.picture("scene-window-replay");
  await desk.close();

  const [use] = (await lin.uses()).filter(({ scene, reason }) => scene === 9 && reason === "OK");
  assert.deepEqual(use.matter, { operator: "3号窗口", purpose: "居住登记", case: "2026-000123" });
});

test("park: the gate goes on without the service, and everything arrives when it is back", async () => {
  const url = await city.openGate();
  await city.close();
  const desk = await Desk.at(url);
  await desk.page.waitForSelector("#desk:not([hidden])");
  await desk.page.locator("#code").focus();
  const code = await lin.code({ tier: 1 });
  assert.equal(await desk.scan(code, lin), "OK");
  await desk.picture("scene-park");
  assert.equal(await desk.scan(code, lin), "REPLAY");
  await desk.picture("scene-park-replay");
  assert.equal(await desk.scan(await lost.code()), "FROZEN");
  await desk.picture("scene-park-frozen");
  assert.equal(await desk.scan(await lin.code({ scene: 2 }), lin), "SCENE_MISMATCH");
  await desk.picture("scene-park-scene");
  assert.equal(await desk.text("queued"), "4");

  await city.open();
  await desk.page.waitForFunction(() => document.querySelector("#queued").textContent === "0", null, { timeout: 60_000 });
  await desk.close();
});

test("the citizen's list and the venues' receipts are the same, and one edited entry of the audit is found", async () => {
  const uses = (await lin.uses()).map(({ receipt, reason }) => [receipt, reason]);
  const sorted = (list) => list.map((one) => one.join(" ")).sort();
  assert.deepEqual(sorted(uses), sorted(given));
  assert.equal(new Set(given.map(([receipt]) => receipt)).size, given.length);

  await city.close();
  const { whole, head } = await city.audit();
  assert.equal(whole, true);
  const last = Number(head.split(":")[0]);
  await city.editAudit(last, '"reason":"SCENE_MISMATCH"', '"reason":"OK"');
  assert.deepEqual(await city.audit(), { whole: false, first_broken: last, other_register: false });
});

test("nothing went wrong in the pages, and nothing was asked of anybody else", () => {
  assert.deepEqual(faults, []);
});
