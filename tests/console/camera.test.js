// The desk's camera: codes that are shown to it, at every angle, and browsers whose own reader does not read.

import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Desk } from "./desk.js";
import { shoot } from "./film.js";
import { FILM, picture, theCity } from "./world.js";

suite("the camera", () => {
  let city, lin, shown;

  before(async () => {
    city = await theCity();
    lin = await city.lin();
  });
  after(() => rm(FILM, { force: true }));

  /// Puts a code before the camera: drawn anew where the last one gets old.
  async function show(how) {
    const file = join(city.folder, "shown.png");
    if (!(Date.now() - shown < 25_000)) {
      shown = Date.now();
      await lin.draw(file);
    }
    await shoot(file, how);
  }

  /// A desk of its own whose browser says of itself what `prepare` makes it say.
  async function withCamera(prepare, argument) {
    const desk = await Desk.at(city.base_url, { permissions: ["camera"] });
    desk.asked = [];
    desk.page.on("request", (request) => desk.asked.push(request.url()));
    if (prepare) await desk.page.addInitScript(prepare, argument);
    await desk.open(city.hall, 2);
    return desk;
  }

  const fetched = (desk) => desk.asked.some((url) => url.endsWith("/vendor/qr/decode.js"));
  const read = (desk) => desk.page.waitForFunction(() => /^OK/.test(document.querySelector("#reason-code").textContent));

  test("it runs on request only, and reads with a decoder where the browser has none", async () => {
    await show();
    const desk = await withCamera();
    assert.equal(await desk.page.evaluate(() => "BarcodeDetector" in window), false, "this browser has no reader of its own");
    assert.equal(await desk.page.evaluate(() => document.querySelector("#viewfinder").srcObject), null);
    assert.equal(fetched(desk), false);
    await desk.page.click("#camera");
    await read(desk);
    assert.ok(fetched(desk));
    await picture(desk.page, "camera");
    await desk.page.keyboard.press("Escape");
    assert.equal(await desk.page.locator("#viewfinder").isVisible(), false);
    await desk.close();
  });

  for (const film of [{ degrees: 47 }, { flip: true }, { flip: true, degrees: 47 }]) {
    test(`it reads a large code ${film.degrees ?? 0} degrees aslant${film.flip ? ", in a mirror" : ""}`, async () => {
      await show(film);
      const desk = await withCamera();
      await desk.page.click("#camera");
      await read(desk);
      await desk.close();
    });
  }

  /// A stand-in for the reader that other browsers have.
  const ownReader = ({ digits, fault }) => {
    const detect = {
      reads: async () => [{ rawValue: digits }],
      rejects: () => Promise.reject(new DOMException("Barcode detection service unavailable.", "NotSupportedError")),
      isSilent: () => new Promise(() => {}),
    }[fault ?? "reads"];
    window.BarcodeDetector = class {
      static getSupportedFormats = async () => ["qr_code"];
      detect = detect;
    };
    // The page's patience with a reader, at a tenth of its length.
    const wait = setTimeout;
    window.setTimeout = (work, milliseconds, ...more) => wait(work, milliseconds === 3000 ? 300 : milliseconds, ...more);
  };

  test("where the browser reads codes itself, nothing is fetched for it", async () => {
    const desk = await withCamera(ownReader, { digits: await lin.code() });
    await desk.page.click("#camera");
    await read(desk);
    assert.equal(fetched(desk), false);
    await desk.close();
  });

  for (const fault of ["rejects", "isSilent"]) {
    test(`a browser's reader that ${fault} is not believed for ever`, async () => {
      await show();
      const desk = await withCamera(ownReader, { fault });
      await desk.page.click("#camera");
      await read(desk);
      assert.ok(fetched(desk));
      await desk.close();
    });
  }

  test("a camera that nothing can read says so, and is off", async () => {
    const desk = await withCamera(ownReader, { fault: "rejects" });
    await desk.page.route("**/vendor/qr/decode.js", (route) => route.abort());
    await desk.page.click("#camera");
    await desk.page.waitForFunction(() => document.querySelector("#reason-code").textContent === "CAMERA");
    assert.equal(await desk.state(), "unsent");
    assert.match(await desk.text("reason-zh"), /无法识别/);
    await off(desk);
    await desk.close();
  });

  /// A browser whose reader sees what `window.views` holds, one after the other, again and again.
  const ownViews = () => {
    let looks = 0;
    window.views = [];
    window.BarcodeDetector = class {
      static getSupportedFormats = async () => ["qr_code"];
      detect = async () => window.views.slice(looks++ % window.views.length, 1 + ((looks - 1) % window.views.length)).map((rawValue) => ({ rawValue }));
    };
  };

  const scans = (desk) => desk.asked.filter((url) => url.endsWith("/v1/scans")).length;

  test("a device's credential before the camera is neither sent nor kept", async () => {
    const desk = await withCamera(ownViews);
    await desk.page.click("#camera");
    await desk.page.evaluate((text) => (window.views = [text]), city.hall);
    await desk.page.waitForFunction(() => /设备凭据/.test(document.querySelector("#reason-zh").textContent));
    await desk.page.waitForTimeout(500);
    assert.equal(scans(desk), 0);
    await desk.close();
  });

  test("two codes in view are two scans, and each verdict is seen", async () => {
    const desk = await withCamera(ownViews);
    await desk.page.evaluate(() => {
      window.seen = [];
      const verdict = document.querySelector("#verdict");
      new MutationObserver(() => {
        if (["accept", "refuse"].includes(verdict.dataset.state)) window.seen.push([performance.now(), verdict.dataset.state]);
      }).observe(verdict, { attributes: true, attributeFilter: ["data-state"] });
    });
    await desk.page.route("**/v1/scans", (route) => {
      const isFirst = route.request().postDataJSON().code === "1";
      return route.fulfill({ json: { decision: isFirst ? "refuse" : "accept", reason: isFirst ? "FROZEN" : "OK" } });
    });
    await desk.page.click("#camera");
    await desk.page.evaluate(() => (window.views = ["1", "2"]));
    await desk.page.waitForFunction(() => window.seen.length === 2);
    await desk.page.waitForTimeout(6000);
    const seen = await desk.page.evaluate(() => window.seen);
    assert.equal(seen.length, 2);
    assert.ok(seen[1][0] - seen[0][0] > 2500, JSON.stringify(seen));
    assert.equal(scans(desk), 2);
    await desk.close();
  });

  /// A camera that is allowed by `window.allow()`, and a page whose waits of one length take another one.
  const allowedLate = (waits) => {
    const own = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const allowed = new Promise((allow) => (window.allow = allow));
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      await allowed;
      return (window.given = await own(wanted));
    };
    if (!waits) return;
    const wait = setTimeout;
    window.setTimeout = (work, time, ...more) => wait(work, time === waits.of ? waits.now : time, ...more);
  };

  test("a question for permission that nobody answers is told, and the button stays", async () => {
    // The page's patience, at a tenth of its length.
    const desk = await withCamera(allowedLate, { of: 8000, now: 800 });
    await desk.page.click("#camera");
    await desk.page.waitForFunction(() => /还没有允许/.test(document.querySelector("#reason-zh").textContent));
    assert.equal(await desk.page.locator("#camera").isDisabled(), false);
    await off(desk);
    // Whoever allows it later has not asked any more.
    await desk.page.evaluate(() => window.allow());
    await desk.page.waitForFunction(() => window.given?.getTracks().every((track) => track.readyState === "ended"));
    await off(desk);
    await desk.close();
  });

  const off = async (desk) => {
    assert.ok(await desk.page.locator("#viewfinder").isHidden());
    assert.equal(await desk.page.locator("#camera").getAttribute("aria-pressed"), "false");
  };

  test("a camera without a picture says so, and is off", async () => {
    const desk = await withCamera(() => {
      navigator.mediaDevices.getUserMedia = async () => new MediaStream([new MediaStreamTrackGenerator({ kind: "video" })]);
    });
    await desk.page.click("#camera");
    await desk.page.waitForFunction(() => document.querySelector("#reason-code").textContent === "CAMERA");
    assert.match(await desk.text("reason-zh"), /摄像头不可用/);
    await off(desk);
    await desk.close();
  });

  test("a camera that is allowed only when its desk is gone stays off", async () => {
    const desk = await withCamera(allowedLate);
    await desk.page.click("#camera");
    await desk.page.click("#sign-out");
    await desk.page.waitForSelector("#credential");
    await desk.page.evaluate(() => window.allow());
    await desk.page.waitForFunction(() => window.given?.getTracks().every((track) => track.readyState === "ended"));
    assert.equal(await desk.page.evaluate(() => document.querySelector("#viewfinder").srcObject), null);
    assert.equal(await desk.text("reason-code"), "");
    await desk.close();
  });
});
