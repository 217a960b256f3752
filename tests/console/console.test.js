// What a clerk meets: every flow of the desk console, in Chromium, with the keyboard alone.

import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { CLAIMS, Desk, withClaims } from "./desk.js";
import { ENDINGS, LAYOUTS } from "./keyboard.js";
import { picture, theCity } from "./world.js";

suite("the desk console", () => {
  let city, context, desk, page, lin;

  before(async () => {
    city = await theCity();
    lin = await city.lin();
    const options = { permissions: ["clipboard-read", "clipboard-write"], timezoneId: "America/New_York" };
    desk = await Desk.at(city.base_url, options);
    page = desk.page;
    context = page.context();
  });

  test("a wrong credential is told, and another one is asked for", async () => {
    await desk.signIn("not-a-credential");
    await page.waitForSelector("#sign-in-problem:not(:empty)");
    assert.match(await desk.text("sign-in-problem"), /凭据有误.*not known/);
    assert.equal(await page.locator("#credential").inputValue(), "");
    assert.equal(await desk.focused(), "credential");
  });

  test("a citizen code that is scanned before anybody has signed in is not sent", async () => {
    let sent = 0;
    const count = (request) => (sent += request.method() === "POST");
    page.on("request", count);
    const code = await lin.code();
    for (const [text, layout] of [[code, "main"], [code, "azerty"], ["123456788", "main"]]) {
      await page.evaluate(() => document.querySelector("#sign-in-problem").replaceChildren());
      await desk.keyboard.scan(text, { layout: LAYOUTS[layout] });
      await page.waitForSelector("#sign-in-problem:not(:empty)");
      assert.match(await desk.text("sign-in-problem"), /不是设备凭据，未提交.*not sent/);
      assert.equal(await desk.value("credential"), "");
    }
    page.off("request", count);
    assert.equal(sent, 0);
  });

  test("a device signs in, and a fresh code is accepted", async () => {
    await desk.open(city.hall, 2);
    assert.match(await desk.text("venue"), /演示市综合服务大厅 · 南山分厅 · desk/);
    assert.equal(await desk.scan(await lin.code(), {}), "OK");
    assert.equal(await desk.state(), "accept");
    assert.equal(await desk.text("word-zh"), "通过");
    assert.match(await desk.text("staff-en"), /Let the person pass/);
    assert.equal(await desk.value("code"), "");
    assert.equal(await desk.focused(), "code");
    // The city's time, whatever this machine's is: eight hours ahead of Greenwich.
    const shown = await page.locator("#log time").first().textContent();
    const ago = (Date.now() + 8 * 3_600_000 - Date.parse(`1970-01-01T${shown}Z`)) % 86_400_000;
    assert.ok(ago < 60_000, shown);
    await picture(page, "accept");
  });

  test("the same code again: the same desk may, another one may not, a gate may not", async () => {
    const code = await lin.code();
    assert.equal(await desk.scan(code), "OK");
    assert.equal(await desk.scan(code), "OK_AGAIN");
    assert.equal(await desk.state(), "accept");
    await page.keyboard.press("F4");
    await page.keyboard.type("二号台");
    await page.keyboard.press("Enter");
    assert.equal(await desk.scan(code), "REPLAY");
    assert.equal(await desk.state(), "refuse");
    assert.equal(await desk.text("word-zh"), "不通过");
    assert.ok(await page.locator("#log li").count() <= 10);
    assert.match(await desk.text("staff-zh"), /刷新市民码/);
    assert.match(await desk.text("citizen-en"), /Refresh your code/);
    await picture(page, "refuse");
    await desk.choose(3);
    assert.equal(await desk.scan(code), "REPLAY");
    await desk.choose(2);
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
    await desk.settled();
    assert.equal(await desk.text("reason-code"), "OK");
    assert.equal(await desk.value("code"), "");

    // And one that is still composing when the scanner's Enter comes.
    const next = await lin.code();
    for (const digit of next) {
      await key(digit);
    }
    await client.send("Input.imeSetComposition", { text: "拼 yin", selectionStart: 5, selectionEnd: 5 });
    await client.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Process", code: "Enter", windowsVirtualKeyCode: 229 });
    await desk.settled();
    assert.equal(await desk.text("reason-code"), "OK");
    await page.keyboard.press("Escape");
    assert.equal(await desk.value("code"), "");
  });

  test("full-width digits, line ends and a pasted code are taken", async () => {
    const full = [...(await lin.code())].map((digit) => String.fromCharCode(0xff10 + Number(digit))).join("");
    await page.keyboard.insertText(full);
    await page.keyboard.press("Enter");
    await desk.settled();
    assert.equal(await desk.text("reason-code"), "OK");
    // A copied code, with the line end that came along.
    for (const ending of ["", "\r\n"]) {
      await page.evaluate((text) => navigator.clipboard.writeText(text), (await lin.code()) + ending);
      await page.keyboard.press("Control+V");
      await page.keyboard.press("Enter");
      await desk.settled();
      assert.equal(await desk.text("reason-code"), "OK");
      await page.keyboard.press("Escape");
    }
    // A scanner that ends with two line ends makes one scan.
    let scans = 0;
    const count = (request) => (scans += request.url().endsWith("/v1/scans"));
    page.on("request", count);
    assert.equal(await desk.scan(await lin.code()), "OK");
    await page.keyboard.press("Enter");
    await page.waitForTimeout(100);
    page.off("request", count);
    assert.equal(scans, 1);
    // A scanner that ends with a tab.
    await page.keyboard.press("Escape");
    assert.equal(await desk.scan(await lin.code(), { ending: ENDINGS.tab }), "OK");
    assert.equal(await desk.focused(), "code");
  });

  test("what is no code, half a code or two codes gets the service's own reason", async () => {
    const [first, second] = [await lin.code(), await lin.code()];
    assert.equal(await desk.scan("6901234567892"), "NOT_A_CITIZEN_CODE");
    // No list was needed for that; the ages that are known stay.
    assert.match(await desk.text("trust-age"), /前/);
    assert.match(await desk.text("status-age"), /实时/);
    assert.equal(await desk.scan("hello, world"), "NOT_A_CITIZEN_CODE");
    assert.equal(await desk.scan(first.slice(0, 300)), "TEXT_LENGTH");
    assert.equal(await desk.scan(first + second), "TEXT_TOO_LONG");
    assert.match(await desk.text("staff-zh"), /一次只扫一个码/);
    await page.locator("#code").evaluate((field) => (field.value = "9".repeat(5000)));
    assert.equal(await desk.scan(""), "NOT_A_CITIZEN_CODE");
  });

  test("a scan that goes to another field comes back, and that field keeps its own text", async () => {
    await page.locator("#operator").focus();
    await page.locator("#operator").fill("三号台");
    assert.equal(await desk.scan(await lin.code(), {}), "OK");
    assert.equal(await desk.value("operator"), "三号台");
    assert.equal(await desk.focused(), "code");
    // Digits in a list of choices or on a button would do something else there.
    for (const elsewhere of ["#scene", "#mute"]) {
      await page.locator(elsewhere).focus();
      assert.equal(await desk.scan(await lin.code(), {}), "OK");
      assert.equal(await desk.value("scene"), "2");
    }
    assert.equal(await page.locator("#mute").getAttribute("aria-pressed"), "false");
  });

  test("offline is told, a scan meanwhile is told as not sent, and it works again afterwards", async () => {
    await context.setOffline(true);
    await page.waitForSelector("#banner:not([hidden])");
    assert.match(await desk.text("connection"), /未连接/);
    const code = await lin.code();
    assert.equal(await desk.scan(code), "NOT_SENT");
    assert.equal(await desk.state(), "unsent");
    assert.equal(await desk.text("word-zh"), "未核验");
    assert.match(await page.locator("#log li").first().textContent(), /未核验.*NOT_SENT/);
    await context.setOffline(false);
    await page.waitForSelector("#banner", { state: "hidden" });
    assert.equal(await desk.scan(code), "OK");

    // The network is there, the service is not.
    await page.route("**/v1/scans", (route) => route.abort("connectionrefused"));
    assert.equal(await desk.scan(code), "NOT_SENT");
    await page.waitForSelector("#banner:not([hidden])");
    await page.unroute("**/v1/scans");
    await page.keyboard.press("F9");
    await page.waitForSelector("#banner", { state: "hidden" });
  });

  test("a silent service is told, and scans behind a slow answer wait their turn or are told as not sent", async () => {
    const code = await lin.code();
    // The page's patience, for once at a tenth of its length.
    await page.evaluate(() => {
      const { timeout } = AbortSignal;
      AbortSignal.timeout = (milliseconds) => {
        AbortSignal.timeout = timeout;
        return timeout.call(AbortSignal, milliseconds / 10);
      };
    });
    await page.route("**/v1/scans", () => {});
    assert.equal(await desk.scan(code), "NO_ANSWER");
    assert.equal(await desk.state(), "unsent");
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
    await page.waitForFunction(() => document.querySelector("#verdict").dataset.state === "accept");
    // It has data, which stay while nobody has seen them.
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => [...document.querySelectorAll("#log li")].slice(0, 3).every((li) => li.textContent.includes("NOT_A_CITIZEN_CODE")));
    const log = await page.locator("#log li").allTextContents();
    assert.match(log[3], /OK/);
    assert.match(log[4], /NOT_SENT/);
    await page.unroute("**/v1/scans");
  });

  test("an answer that is no verdict is told as none", async () => {
    for (const body of ["[]", "null", "{}", '"accept"', '{"decision":"perhaps"}', "<html>sign in to the network</html>", ""]) {
      await page.route("**/v1/scans", (route) => route.fulfill({ contentType: "application/json", body }));
      assert.equal(await desk.scan("1"), "NO_ANSWER", body);
      assert.equal(await desk.state(), "unsent");
      assert.match(await desk.text("staff-zh"), /再扫一次/);
      await page.unroute("**/v1/scans");
    }
  });

  test("a scan that waits its turn is of the scene and the operator of its own moment", async () => {
    let open;
    const opened = new Promise((resolve) => (open = resolve));
    const questions = [];
    await page.route("**/v1/scans", async (route) => {
      questions.push(route.request().postDataJSON());
      await opened;
      await route.continue();
    });
    const send = async (scanned, scene, operator) => {
      await desk.choose(scene);
      await desk.fill({ operator });
      await page.keyboard.insertText(scanned);
      await page.keyboard.press("Enter");
    };
    await send("1", 2, "甲");
    await send("2", 3, "乙");
    await desk.choose(701);
    await desk.fill({ operator: "丙", purpose: "visit", case: "A-1" });
    await page.keyboard.insertText("3");
    await page.keyboard.press("Enter");
    assert.equal(await desk.text("reason-code"), "NOT_SENT", "a case's number is its own person's");
    open();
    await page.waitForFunction(() => [...document.querySelectorAll("#log li")].slice(0, 2).every((li) => li.textContent.includes("NOT_A_CITIZEN_CODE")));
    await page.unroute("**/v1/scans");
    const sent = questions.map(({ code, scene, operator, case: number }) => [code, scene, operator, number]);
    assert.deepEqual(sent, [["1", 2, "甲", undefined], ["2", 3, "乙", undefined]]);
    assert.match(await page.locator("#log li").first().textContent(), /景点验票/);
    await desk.choose(2);
    await desk.fill({ operator: "三号台" });
  });

  test("a frozen citizen code is refused with what to do", async () => {
    const lost = await city.citizen("XDEMO0002");
    assert.equal(await desk.scan(await lost.code()), "OK");
    await city.freeze(lost);
    assert.equal(await desk.scan(await lost.code()), "FROZEN");
    assert.match(await desk.text("citizen-zh"), /12345/);
  });

  test("purpose and case are asked for where the scene demands them, and go with the next person", async () => {
    await desk.choose(2);
    assert.equal(await page.locator("#purpose-field").isVisible(), false);
    await desk.choose(701);
    for (const id of ["operator", "purpose", "case"]) {
      assert.ok(await page.locator(`div:has(> #${id}) .required`).isVisible(), `${id} is marked before any scan`);
    }
    let asked = 0;
    const count = (request) => (asked += request.url().endsWith("/v1/scans"));
    page.on("request", count);
    const code = await lin.code();
    await desk.fill({ operator: "" });
    assert.equal(await desk.scan(code), "MATTER_MISSING");
    assert.match(await desk.text("reason-zh"), /请先填写经办人、办理事项、办件编号/);
    for (const [id, value, next] of [["operator", "desk 3", "purpose"], ["purpose", "visit", "case"], ["case", "A-17", "code"]]) {
      assert.equal(await desk.focused(), id, "the focus is where something is missing");
      await page.keyboard.type(value);
      await page.keyboard.press("Enter");
      assert.equal(await desk.focused(), next);
    }
    page.off("request", count);
    assert.equal(asked, 0);
    const [request] = await Promise.all([page.waitForRequest("**/v1/scans"), desk.scan(code)]);
    const { scene, operator, purpose, case: number } = request.postDataJSON();
    assert.deepEqual([scene, operator, purpose, number], [701, "desk 3", "visit", "A-17"]);
    assert.equal(await desk.text("reason-code"), "OK");
    // The next person is another case, of the same operator.
    assert.equal(await desk.value("case"), "");
    assert.equal(await desk.value("operator"), "desk 3");
    assert.equal(await desk.focused(), "case");
    await desk.choose(2);
    assert.equal(await desk.value("purpose"), "");
    assert.ok(await page.locator("div:has(> #operator) .required").isHidden());
  });

  test("a hospital's scan waits for the citizen, and shows what they approved", async () => {
    await desk.choose(6);
    // One program at a time holds the wallet.
    const [first, second] = [await lin.code(), await lin.code()];
    const approving = lin.consents("--approve");
    assert.equal(await desk.scan(first), "OK");
    await approving;
    assert.match(await desk.text("claims"), /姓名.*Name.*SAMPLE, MARIA/);
    const refusing = lin.consents("--deny");
    assert.equal(await desk.scan(second), "CONSENT_DENIED");
    await refusing;
    assert.equal(await page.locator("#claims > div").count(), 0);
    await desk.choose(2);
  });

  const inPage = (words) => page.evaluate((words) => {
    const fields = [...document.querySelectorAll("input")].map((field) => field.value);
    return (document.documentElement.outerHTML + fields.join()).includes(words);
  }, words);

  test("the venue's own code is on the screen, a phone answers it or confirms by itself", async () => {
    await desk.open(city.hall, 2);
    const drawn = page.waitForResponse((response) => response.url().endsWith("/v1/venue-codes"));
    await page.keyboard.press("F6");
    const { digits } = await (await drawn).json();
    await page.waitForSelector("#venue-code-area img[src]");
    assert.ok(await page.locator("#venue-code-area img").evaluate((image) => image.decode().then(() => image.naturalWidth > 0)));
    assert.equal(await desk.focused(), "code");
    await picture(page, "venue-code");
    assert.equal(await desk.scan(await lin.code(digits)), "OK");
    await page.keyboard.press("Escape");
    assert.equal(await desk.state(), "idle");
    const seen = desk.settled();
    const told = await lin.visit(digits);
    await seen;
    assert.equal(await desk.text("reason-code"), "OK");
    assert.match(told, /演示市综合服务大厅.*图书借阅/);
    assert.match(told, /核验通过/);
    await page.keyboard.press("F6");
    assert.ok(await page.locator("#venue-code-area").isHidden());
    assert.equal(await page.locator("#venue-code-area img").getAttribute("src"), null);
  });

  test("a short number is typed by hand, and a wrong one is told", async () => {
    await desk.open(city.hall, 2);
    const number = await lin.number();
    const wrong = number.slice(0, 8) + ((Number(number[8]) + 1) % 10);
    assert.equal(await desk.scan(wrong), "NUMBER_MISTYPED");
    assert.match(await desk.text("staff-zh"), /核对后重新输入/);
    assert.equal(await desk.scan(number.replace(/(...)(...)/, "$1 $2 ")), "OK");
    assert.equal(await desk.scan(number), "NUMBER_UNKNOWN");
  });

  test("data about a person are shown with labels, and vanish in time, at the next scan and with Esc", async () => {
    await desk.open(city.hall, 2, "?keep=2");
    await page.route("**/v1/scans", withClaims);
    await desk.scan(await lin.code());
    const rows = await desk.claims();
    assert.equal(rows.length, Object.keys(CLAIMS).length);
    const labels = await page.locator("#claims dt").evaluateAll((all) => all.map((one) => one.firstChild.textContent));
    assert.deepEqual(labels.slice(0, 7), ["姓名", "性别", "国籍", "出生日期", "证件类型", "证件号码", "有效期至"]);
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
    assert.doesNotMatch(await desk.text("log"), /SAMPLE|XDEMO/);
    await page.waitForFunction(() => document.querySelector("#verdict").dataset.state === "idle");
    assert.equal(await inPage("SAMPLE, MARIA"), false);
    assert.equal(await inPage("XDEMO0001"), false);

    await desk.open(city.hall, 2);
    const code = await lin.code();
    await desk.scan(code);
    await picture(page, "data");
    assert.ok(await inPage("SAMPLE, MARIA"));
    await page.keyboard.press("Escape");
    assert.equal(await inPage("SAMPLE, MARIA"), false);
    assert.equal(await desk.state(), "idle");

    await desk.scan(code);
    assert.ok(await inPage("SAMPLE, MARIA"));
    await page.unroute("**/v1/scans");
    // While the next answer is still on its way, the last person is gone already.
    let meanwhile;
    await page.route("**/v1/scans", async (route) => {
      meanwhile = [await inPage("SAMPLE, MARIA"), await desk.state()];
      await route.continue();
    });
    await desk.scan(code);
    assert.deepEqual(meanwhile, [false, "checking"]);
    await page.unroute("**/v1/scans");
  });

  test("a resident's card names the ethnic group, a passport the nationality", async () => {
    for (const [type, label] of [["111", "民族"], ["414", "国籍"], ["516", "民族 / 国籍"]]) {
      const json = { decision: "accept", reason: "OK", claims: { document_type: type, nationality: "示例" } };
      await page.route("**/v1/scans", (route) => route.fulfill({ json }));
      await desk.scan("1");
      assert.match((await desk.claims())[0], new RegExp(`^${label} `));
      await page.unroute("**/v1/scans");
    }
  });

  test("everything is done with the keyboard alone", async () => {
    await desk.open(city.hall, 2);
    await page.keyboard.press("F2");
    assert.equal(await desk.focused(), "scene");
    await page.keyboard.press("ArrowDown");
    assert.equal(await desk.value("scene"), "3");
    assert.equal(await desk.scan(await lin.code()), "OK");
    await page.keyboard.press("F2");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("F4");
    assert.equal(await desk.focused(), "operator");
    await page.keyboard.press("F8");
    assert.match(await desk.text("mute"), /声音关/);
    await page.keyboard.press("F8");
    await page.keyboard.press("F1");
    assert.equal(await page.locator("#keys").isVisible(), true);
    // A scan that comes while the list of keys is open is a scan all the same.
    assert.equal(await desk.scan(await lin.code(), {}), "OK");
    assert.equal(await page.locator("#keys").isVisible(), false);
    await page.keyboard.press("F1");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#keys").isVisible(), false);
    assert.equal(await desk.state(), "accept");
    assert.equal(await desk.focused(), "code");
    // Tab reaches every control, and comes round. Not as fast as a scanner's second ending would be.
    await page.waitForTimeout(150);
    const reached = new Set();
    for (let step = 0; step < 14; step += 1) {
      await page.keyboard.press("Tab");
      reached.add(await desk.focused());
    }
    for (const control of ["mute", "help", "sign-out", "code", "scene", "operator"]) assert.ok(reached.has(control), `${control} of ${[...reached]}`);
  });

  test("a session survives a reload, needs its token, and ends", async () => {
    await page.reload();
    await page.waitForSelector("#desk:not([hidden])");
    assert.equal(await desk.focused(), "code");
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
    await desk.fill({ operator: "三号台" });
    await page.reload();
    await page.waitForSelector("#desk:not([hidden])");
    assert.equal(await desk.value("operator"), "三号台", "kept for the session");
    await page.locator("#sign-out").click();
    await page.waitForSelector("#credential");
    assert.equal(await page.evaluate(() => sessionStorage.length), 0, "and no longer");
    assert.equal((await context.cookies()).length, 0);
    // A session that the service no longer knows asks for the credential, and says that the code was not
    // checked.
    await desk.open(city.hall, 2);
    await context.clearCookies();
    await desk.keyboard.scan(await lin.code());
    await page.waitForSelector("#sign-in-problem:not(:empty)");
    assert.match(await desk.text("sign-in-problem"), /未核验/);
  });
});
