// What takes its time: codes that run out, scanners that are slow, and how long a verdict takes to the
// screen.

import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { Desk } from "./desk.js";
import { oldCode, slowDesk } from "./minute.js";
import { theCity } from "./world.js";

suite("time", () => {
  let city, desk, page;

  before(async () => {
    city = await theCity();
    await slowDesk();
    desk = await Desk.at(city.base_url);
    page = desk.page;
    await desk.open(city.hall, 2);
  });
  after(() => desk.close());

  test("an old code is refused", async () => {
    const { old } = await oldCode();
    assert.equal(await desk.scan(await old), "CODE_EXPIRED");
    assert.doesNotMatch(await desk.text("reason-zh"), /扫码枪/);
  });

  test("a code that ran out while the scanner typed it says that the scanner is too slow", async () => {
    const slow = await slowDesk();
    assert.equal(await slow.scan(), "CODE_EXPIRED");
    assert.match(await slow.desk.text("reason-zh"), /扫码枪发送过慢（用时 \d{2,3} 秒）/);
    assert.match(await slow.desk.text("staff-zh"), /按键间隔/);
    await slow.desk.close();
  });

  // For docs/venues/scanners.md: WEDGE=1 tests/console/run measures it anew.
  test("how long a wedge types: measured, not judged", { skip: !process.env.WEDGE }, async () => {
    await page.evaluate(() => document.addEventListener("keydown", ({ timeStamp, code }) => {
      if (code.startsWith("Digit")) window.typed = [window.typed?.[0] ?? timeStamp, timeStamp];
    }, true));
    for (const delay of [0, 1, 10, 20, 40, 80]) {
      const code = await (await city.lin()).code();
      const scanned = performance.now();
      const reason = await desk.scan(code, { delay });
      const verdict = (performance.now() - scanned) / 1000;
      const [began, ended] = await page.evaluate(() => window.typed.splice(0));
      await page.evaluate(() => (window.typed = undefined));
      console.log(`${delay} ms a key, ${code.length} digits: ${((ended - began) / 1000).toFixed(1)} s from the first key ` +
        `to the last, ${verdict.toFixed(1)} s to the verdict ${reason}`);
    }
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
    const numbers = ["XDEMO0001", "XDEMO0003", "XDEMO0004", "XDEMO0005"];
    const wallets = await Promise.all(numbers.map((number) => city.citizen(number)));
    const scans = 40;
    for (let scan = 0; scan < scans; scan += 1) {
      const code = await wallets[scan % wallets.length].code();
      await page.keyboard.insertText(code);
      await page.keyboard.press("Enter");
      await page.waitForFunction((count) => window.times.length === count, scan + 1);
      assert.equal(await desk.text("reason-code"), "OK");
    }
    const times = (await page.evaluate(() => window.times)).sort((a, b) => a - b);
    const shown = (part) => times[Math.floor(part * (scans - 1))].toFixed(1);
    console.log(`scan to verdict on the screen, ${scans} accepted scans: median ${shown(0.5)} ms, ` +
      `90th percentile ${shown(0.9)} ms, slowest ${shown(1)} ms`);
  });
});
