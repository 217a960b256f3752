// The desk console of a gate: a park's entrance whose service is down.

import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { spawnSync } from "node:child_process";
import { chmod, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { szid } from "./city.js";
import { Desk } from "./desk.js";
import { oldCode } from "./minute.js";
import { until } from "./until.js";
import { launch, look, picture, theCity } from "./world.js";

/// Whether this machine lets us make a network of loopback alone.
const mayUnshare = spawnSync("unshare", ["--net", "true"]).status === 0;

/// Whether it listens, seen from outside of its network: its port in hexadecimal, and the state LISTEN.
async function readyIn({ pid, url }) {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, "0");
  const sockets = await readFile(`/proc/${pid}/net/tcp`, "utf8");
  return new RegExp(`:${port} \\S+ 0A `).test(sockets);
}

suite("a gate's console", () => {
  let city, gate, desk, page, lin, frozen;

  before(async () => {
    city = await theCity();
    lin = await city.lin();
    frozen = await city.citizen("XDEMO0002");
    await city.freeze(frozen);
    await oldCode();
    gate = await city.openGate();
    // From here on the gate has only what it holds.
    await city.stop();
    desk = await Desk.at(gate.url);
    page = desk.page;
    await page.waitForSelector("#desk:not([hidden])");
  });
  after(() => gate.stop());

  test("nobody signs in, and the page says whose gate it is and what it holds", async () => {
    assert.match(await desk.text("venue"), /park · gate-1/);
    assert.match(await desk.text("connection"), /本机核验/);
    assert.match(await desk.text("scene"), /景点/);
    await page.waitForFunction(() => document.querySelector("#queued").textContent === "0");
    assert.notEqual(await desk.text("status-age"), "—");
    for (const hidden of ["sign-out", "venue-code", "banner", "clock", "clock-fast", "conditions"]) {
      assert.ok(await page.locator(`#${hidden}`).isHidden(), hidden);
    }
  });

  test("a code is accepted with the service down, and its receipt waits", async () => {
    assert.equal(await desk.scan(await lin.code()), "OK");
    assert.equal(await desk.text("word-zh"), "通过");
    assert.equal(await desk.text("queued"), "1");
  });

  test("a used code, a frozen one, half a code, a short number: each its own refusal", async () => {
    const code = await lin.code();
    assert.equal(await desk.scan(code), "OK");
    assert.equal(await desk.scan(code), "REPLAY");
    assert.equal(await desk.state(), "refuse");
    await picture(page, "gate");
    assert.equal(await desk.scan(await frozen.code()), "FROZEN");
    assert.equal(await desk.scan(code.slice(0, 300)), "TEXT_LENGTH");
    assert.equal(await desk.scan("123456788"), "NUMBER_NOT_HERE");
    assert.equal(await desk.text("queued"), "4", "refusals leave receipts, but for what is no code");
  });

  test("an input method that is left on does not spoil a scan here either", async () => {
    const code = await lin.code();
    await desk.keyboard.send("imeSetComposition", { text: "ni", selectionStart: 2, selectionEnd: 2 });
    await desk.keyboard.send("insertText", { text: "" });
    assert.equal(await desk.scan(code), "OK");
  });

  test("an old code is refused", async () => {
    const { old } = await oldCode();
    assert.equal(await desk.scan(await old), "CODE_EXPIRED");
  });

  test("another site's page gets nothing", async () => {
    const foreign = await fetch(`${gate.url}/v1/state`, { headers: { origin: "https://elsewhere.example" } });
    assert.equal(foreign.status, 403);
  });

  test("with loopback alone, where the browser says that it is offline, it verifies all the same", { skip: !mayUnshare }, async () => {
    await gate.stop();
    gate = { url: gate.url, ...city.startGate("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", szid) };
    const within = (process) => readlink(`/proc/${process}/ns/net`);
    const [outside, inside] = [await within("self"), () => within(gate.pid)];
    await until(async () => (await inside()) !== outside && readyIn(gate), "the gate is not ready");
    const chromium = join(city.folder, "chromium");
    await writeFile(chromium, `#!/bin/sh\nexec nsenter --target ${gate.pid} --net "${process.env.CHROMIUM}" "$@"\n`);
    await chmod(chromium, 0o700);
    const browser = await launch(chromium);
    const lone = await Desk.at(gate.url, {}, browser);
    assert.equal(await lone.page.evaluate(() => navigator.onLine), false);
    await lone.page.waitForSelector("#desk:not([hidden])");
    assert.match(await lone.text("connection"), /本机核验/);
    assert.ok(await lone.page.locator("#banner").isHidden());
    assert.equal(await lone.scan(await lin.code()), "OK");
    await look(lone.page, "gate-alone");
    await browser.close();
  });
});
