// Four scenes from end to end, each at its own desk with people of its own: what passes, what does not, and
// what is left of it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Desk } from "./desk.js";
import { HOTEL_ASKING, TrialCity } from "./trial.js";
import { faults, picture } from "./world.js";

let city, lin, software, lost;
/// Every use of Lin's identity as the desks had it: receipt and reason, the oldest first.
const given = [];
/// Small, as these pictures stand in tables.
const SIZE = { viewport: { width: 1120, height: 700 } };

before(async () => {
  city = await TrialCity.found();
  lin = await city.citizen("XDEMO0001", "SAMPLE, MARIA");
  software = await city.citizen("XDEMO0002", "TEST, YUKI", false);
  lost = await city.citizen("XDEMO0003", "DEMO, ALEX");
  await city.freeze(lost);
});

after(() => city?.end());

/// The desk of a venue, signed in, in one of its scenes.
async function open(venue, scene) {
  const desk = await Desk.at(city.base_url, SIZE);
  await desk.open(city.credentials[venue], scene);
  return desk;
}

/// Scans; returns the reason that stands on the screen then.
async function scan(desk, digits, whose) {
  const answered = desk.page.waitForResponse((response) => response.url().endsWith("/v1/scans"), { timeout: 30_000 });
  const reason = await desk.scan(digits);
  const answer = await (await answered).json();
  assert.equal(reason, answer.reason ?? answer.code);
  assert.equal(await desk.state(), answer.decision ?? "unsent");
  if (answer.decision === "refuse") assert.equal((await desk.claims()).length, 0, "a refusal tells nothing of the person");
  if (whose === lin && answer.receipt) given.push([answer.receipt, reason]);
  return reason;
}

test("hotel: a check-in with the guest told, and one with the guest's consent", async () => {
  const desk = await open("hotel", 1);
  assert.match(await desk.text("scene-note"), /系统将告知市民本人/);
  assert.equal(await scan(desk, await lin.code(), lin), "OK");
  const statutory = await desk.claims();
  assert.ok(statutory.some((row) => /证件号码.*XDE\*{4}01/.test(row)), "covered until it is asked for");
  await desk.page.keyboard.press("F7");
  const whole = await desk.claims();
  assert.ok(whole.some((row) => /证件号码.*XDEMO0001/.test(row)));
  for (const claim of [/姓名.*SAMPLE, MARIA/, /女/, /国籍.*示例国/, /2036-01-15/]) {
    assert.ok(statutory.some((row) => claim.test(row)), `${claim} in ${statutory}`);
  }

  assert.equal(await scan(desk, await software.code()), "LEVEL_TOO_LOW");
  await picture(desk.page, "scene-hotel-level");
  assert.equal(await scan(desk, await lin.code({ tier: 1 }), lin), "LEVEL_TOO_LOW", "the phone was not unlocked");
  assert.equal(await scan(desk, await lost.code()), "FROZEN");
  assert.equal(await scan(desk, await lin.code({ scene: 2 }), lin), "SCENE_MISMATCH");

  await desk.choose(HOTEL_ASKING);
  assert.match(await desk.text("scene-note"), /须经市民本人在手机上授权同意/);
  const [first, second, third] = [await lin.code(), await lin.code(), await lin.code()];
  const approving = lin.answer("--approve");
  assert.equal(await scan(desk, first, lin), "OK");
  assert.match(await approving, /演示海景酒店.*酒店入住（征得同意）/);
  assert.equal((await desk.claims()).length, statutory.length);
  await picture(desk.page, "scene-hotel-consent");
  const refusing = lin.answer("--deny");
  assert.equal(await scan(desk, second, lin), "CONSENT_DENIED");
  await refusing;
  await picture(desk.page, "scene-hotel-denied");
  assert.equal(await scan(desk, third, lin), "CONSENT_EXPIRED", "nobody answers");
  await picture(desk.page, "scene-hotel-expired");
  await desk.close();
});

test("library: a loan without a name or a number", async () => {
  const desk = await open("library", 2);
  const code = await lin.code({ tier: 1 });
  assert.equal(await scan(desk, code, lin), "OK");
  const shown = (await desk.claims()).join();
  assert.doesNotMatch(shown, /SAMPLE|XDEMO|1988/);
  await picture(desk.page, "scene-library");
  const once = shown;
  assert.equal(await scan(desk, await lin.code({ tier: 1 }), lin), "OK");
  assert.equal((await desk.claims()).join(), once, "the same reader at each visit");

  await desk.fill({ operator: "二号台" });
  assert.equal(await scan(desk, code, lin), "REPLAY");
  await picture(desk.page, "scene-library-replay");
  assert.equal(await scan(desk, await lost.code()), "FROZEN");
  await picture(desk.page, "scene-library-frozen");
  assert.equal(await scan(desk, await lin.code({ scene: 1 }), lin), "SCENE_MISMATCH");
  await picture(desk.page, "scene-library-scene");
  assert.equal(await scan(desk, code.slice(0, 300)), "TEXT_LENGTH");
  await desk.close();
});

test("window: a case has a purpose, an operator and a number, and the citizen's consent", async () => {
  const desk = await open("window", 9);
  const [first, second, third, fourth] = [await lin.code(), await lin.code(), await lin.code(), await lin.code({ tier: 1 })];
  assert.equal(await desk.scan(first), "MATTER_MISSING");
  assert.match(await desk.text("verdict"), /编号|办件/);
  await picture(desk.page, "scene-window-no-case");
  await desk.fill({ operator: "3号窗口", purpose: "居住登记", case: "2026-000123" });
  const approving = lin.answer("--approve");
  assert.equal(await scan(desk, second, lin), "OK");
  assert.match(await approving, /演示市政务服务大厅[^]*3号窗口 · 居住登记 · 2026-000123/);
  await picture(desk.page, "scene-window");
  assert.equal(await desk.page.locator("#case").inputValue(), "", "the next person is another case");

  await desk.fill({ case: "2026-000124" });
  assert.equal(await scan(desk, await software.code()), "LEVEL_TOO_LOW");
  assert.equal(await scan(desk, fourth, lin), "LEVEL_TOO_LOW");
  const refusing = lin.answer("--deny");
  assert.equal(await scan(desk, third, lin), "CONSENT_DENIED");
  await refusing;
  await picture(desk.page, "scene-window-denied");
  await desk.fill({ operator: "4号窗口" });
  assert.equal(await scan(desk, second, lin), "REPLAY");
  await picture(desk.page, "scene-window-replay");
  await desk.close();

  const [use] = (await lin.uses()).filter(({ scene, reason }) => scene === 9 && reason === "OK");
  assert.deepEqual(use.matter, { operator: "3号窗口", purpose: "居住登记", case: "2026-000123" });
});

test("park: the gate goes on without the service, and everything arrives when it is back", async () => {
  const url = await city.openGate();
  await city.close();
  const desk = await Desk.at(url, SIZE);
  await desk.page.waitForSelector("#desk:not([hidden])");
  await desk.page.locator("#code").focus();
  const code = await lin.code({ tier: 1 });
  assert.equal(await scan(desk, code, lin), "OK");
  await picture(desk.page, "scene-park");
  assert.equal(await scan(desk, code, lin), "REPLAY");
  await picture(desk.page, "scene-park-replay");
  assert.equal(await scan(desk, await lost.code()), "FROZEN");
  await picture(desk.page, "scene-park-frozen");
  assert.equal(await scan(desk, await lin.code({ scene: 2 }), lin), "SCENE_MISMATCH");
  await picture(desk.page, "scene-park-scene");
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
