// A scanner that types: one key after the other, through Chromium's own input, as fast as that takes them.

/// What the keys of the number pad are without Num Lock, from 0 to 9: name and Windows' number.
const WITHOUT_NUM_LOCK = [
  ["Insert", 45], ["End", 35], ["ArrowDown", 40], ["PageDown", 34], ["ArrowLeft", 37],
  ["Clear", 12], ["ArrowRight", 39], ["Home", 36], ["ArrowUp", 38], ["PageUp", 33],
];
const AZERTY = "à&é\"'(-è_ç";

const codeOf = (sign) => (/[0-9]/.test(sign) ? `Digit${sign}` : /[a-z]/.test(sign) ? `Key${sign.toUpperCase()}` : "");
const main = (sign) => ({
  key: sign, code: codeOf(sign), text: sign, windowsVirtualKeyCode: sign.toUpperCase().charCodeAt(0),
});

const fullWidth = (digit) => {
  const sign = String.fromCharCode(0xff10 + Number(digit));
  return { key: sign, code: "", text: sign, windowsVirtualKeyCode: 229 };
};

/// The same digit as several keyboards send it.
export const LAYOUTS = {
  main,
  numberPad: (digit) => ({ ...main(digit), code: `Numpad${digit}`, windowsVirtualKeyCode: 96 + Number(digit), isKeypad: true }),
  numLockOff: (digit) => {
    const [key, windowsVirtualKeyCode] = WITHOUT_NUM_LOCK[digit];
    return { key, code: `Numpad${digit}`, windowsVirtualKeyCode, isKeypad: true };
  },
  azerty: (digit) => ({ ...main(digit), key: AZERTY[digit], text: AZERTY[digit] }),
  /// Digits with Shift, as on AZERTY without a lock.
  shifted: (digit) => ({ ...main(digit), modifiers: 8 }),
  /// No place on a keyboard: remote desktops, virtual machines, phones.
  withoutCode: (digit) => ({ ...main(digit), code: "" }),
  fullWidth: (digit) => fullWidth(digit),
  /// The key says nothing at all, and a digit comes of it.
  unidentified: (digit) => ({ key: "Unidentified", code: "", text: digit, windowsVirtualKeyCode: 229 }),
  inputMethod: (digit) => ({ key: "Process", code: `Digit${digit}`, windowsVirtualKeyCode: 229 }),
};

/// What scanners send at the end.
const ENTER = { key: "Enter", code: "Enter", text: "\r", windowsVirtualKeyCode: 13 };
export const ENDINGS = {
  enter: [ENTER],
  tab: [{ key: "Tab", code: "Tab", windowsVirtualKeyCode: 9 }],
  lineFeed: [{ key: "j", code: "KeyJ", windowsVirtualKeyCode: 74, modifiers: 2 }],
  carriageReturn: [{ key: "m", code: "KeyM", windowsVirtualKeyCode: 77, modifiers: 2 }],
  none: [],
};
ENDINGS.both = [...ENDINGS.carriageReturn, ...ENDINGS.lineFeed];

export class Keyboard {
  static async at(page) {
    const keyboard = new Keyboard();
    keyboard.client = await page.context().newCDPSession(page);
    return keyboard;
  }

  send(method, parameters) {
    return this.client.send(`Input.${method}`, parameters);
  }

  /// `timestamp` is when it was pressed, seconds since 1970; now where nothing is said.
  press(key, timestamp) {
    const down = this.send("dispatchKeyEvent", { type: key.text ? "keyDown" : "rawKeyDown", ...key, timestamp });
    const { text, ...released } = key;
    return Promise.all([down, this.send("dispatchKeyEvent", { type: "keyUp", ...released, timestamp })]);
  }

  /// Types digits and an ending; `delay` is from key to key, milliseconds. A scan that has gone on `since`
  /// then, milliseconds since 1970, comes at once, with the times of its keys.
  async scan(digits, { layout = LAYOUTS.main, ending = ENDINGS.enter, delay = 0, since } = {}) {
    const keys = [...[...digits].map(layout), ...ending];
    if (since) {
      const each = (Date.now() - since) / keys.length;
      return Promise.all(keys.map((key, at) => this.press(key, (since + at * each) / 1000)));
    }
    // As the keys' own times have it, whatever keeps this program from sending them: a page goes by those.
    const now = Date.now() / 1000;
    if (delay === 0) return Promise.all(keys.map((key) => this.press(key, now)));
    const began = performance.now();
    for (const [at, key] of keys.entries()) {
      const left = began + at * delay - performance.now();
      if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
      await this.press(key);
    }
  }
}
