// What a keyboard-wedge scanner, a clipboard or a hand brings: one text for each ending, whatever the
// keyboard is set to.
//
// The keys that were pressed are kept beside the field's text. An input method may swallow, convert or double
// what the scanner types, another keyboard layout or Num Lock may make something else of it; a citizen code
// is digits and nothing else, so the keys are what counts then.

/// As much as the service looks at.
const MAX_TEXT = 4096;
/// A scanner types faster than this between two keys, milliseconds; a hand that pauses starts anew.
const PAUSE = 400;
/// No hand is as fast as this after the last digit, milliseconds.
const QUICK = 120;
/// Digits in a row that no hand types.
const SURELY_SCANNED = 60;
/// A scanner that sends no ending: after so much silence, milliseconds, its code is taken as it stands.
const NO_ENDING = 5000;

/// The digit on a key, on the main block and on the number pad, whether Num Lock is on or not; else the digit
/// that it writes: some layouts have them behind Shift, and remote desktops do not say which key it was.
function digitOf(event) {
  const key = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  if (key && !event.shiftKey) return key[1];
  const written = withAsciiDigits(event.key);
  return isDigit(written) ? written : "";
}

function withAsciiDigits(text) {
  return text.replace(/[\uff10-\uff19]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
}

/// Line feed and carriage return, as scanners send them that press the keys of control characters.
function isControlEnd(event) {
  const isLetter = event.code ? /^Key[JM]$/.test(event.code) : /^[jm]$/.test(event.key);
  return event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey && isLetter;
}

function isEnter(event) {
  return event.key === "Enter" || event.code === "Enter" || event.code === "NumpadEnter";
}

const isDigit = (text) => /^[0-9]$/.test(text);

/// 32 bytes as base64url: a device's credential, nobody's name and no case's number. Digits alone are
/// the start of a code.
export const isCredential = (text) => /^(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9_-]{43}$/.test(text.trim());

/// Whether a text may be meant as a credential: citizen codes and short numbers are not, in whatever letters
/// a keyboard's layout has put them.
export const maySignIn = (text) => text.length <= 64 && !/^[0-9 ]+$/.test(withAsciiDigits(text));

function takesText(element) {
  return element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
}

/// A password or another secret that ends with a control character is sent as with Enter.
export function submitOnControlEnd(field) {
  field.addEventListener("keydown", (event) => {
    if (!isControlEnd(event) || !field.value) return;
    event.preventDefault();
    field.form.requestSubmit();
  });
}

/// Calls `onScan` with each text that came in while `isOpen` says that the desk is to be seen, and with the
/// seconds from its first key to its last. `makeWay` closes whatever lies over the field; `onDone` hears of
/// an Enter in another field, and `onCredential` of a credential, which stays in none. Returns what empties
/// the field.
export function listen(field, { isOpen, makeWay, onScan, onDone, onCredential }) {
  // The digits that were pressed one after the other, when they began, and whether anything else was written
  // with them.
  let keys = "";
  let began = 0;
  let mixed = false;
  let composed = false;
  let last = 0;
  // When the last text was taken, and what had the focus then.
  let taken = -Infinity;
  let rested = null;
  // What was written without a pause, where it goes, and what stood there before.
  let written = "";
  let before = null;
  let silence = 0;
  // Whether a key has said already which digit comes into another field.
  let announced = false;

  const forget = () => {
    keys = "";
    mixed = composed = false;
    clearTimeout(silence);
  };

  const take = (text) => {
    const seconds = keys ? (last - began) / 1000 : 0;
    forget();
    field.value = "";
    if (!text) return;
    taken = performance.now();
    if (isCredential(text)) onCredential();
    else onScan(text.slice(0, MAX_TEXT), seconds);
    rested = document.activeElement;
  };

  /// The field's text, or the keys where they are all that was meant and the text may be something else.
  const own = () => {
    const keysCount = !mixed && (keys.length >= SURELY_SCANNED || (composed && keys));
    return keysCount ? keys : withAsciiDigits(field.value).trim();
  };

  const end = (isComposing) => {
    const text = own();
    if (isComposing) {
      // Leaving the field ends the composition; what it leaves behind is emptied with it.
      field.blur();
      field.focus();
    }
    take(text);
  };

  const waitForMore = () => {
    clearTimeout(silence);
    const length = Math.max(keys.length, field.value.length);
    if (length >= SURELY_SCANNED) silence = setTimeout(() => end(composed), NO_ENDING);
  };

  /// A code that went astray goes on in its own field, and the other one has its own text back.
  const bringHome = () => {
    const brought = keys;
    makeWay();
    // First, because a composition in the other field ends with it.
    field.focus();
    keys = brought;
    // With a prefix that the scanner may have sent.
    field.value = written;
    mixed = written !== keys;
    takeBack();
  };

  /// The other field has its own text again.
  const takeBack = () => {
    if (before.field.value === before.value) return;
    before.field.value = before.value;
    before.field.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const digitPressed = (event, digit) => {
    const { target } = event;
    const hasNumLock = isDigit(event.key) || event.key === "Process" || !event.code?.startsWith("Numpad");
    const isElsewhere = target !== field && (takesText(target) || (target instanceof HTMLSelectElement && !hasNumLock));
    if (target !== field && !isElsewhere) {
      makeWay();
      field.focus();
    }
    if (keys === "") began = event.timeStamp;
    keys = (keys + digit).slice(0, MAX_TEXT);
    if (isElsewhere) {
      if (keys.length < SURELY_SCANNED) return;
      event.preventDefault();
      bringHome();
    } else if (!hasNumLock) {
      // This key would move the cursor: here it means its digit all the same.
      event.preventDefault();
      field.setRangeText(digit, field.selectionStart, field.selectionEnd, "end");
    }
    waitForMore();
  };

  /// What was written without a pause goes on.
  const follow = (event, text) => {
    const isWithin = event.target === field;
    const pause = event.timeStamp - last;
    if (pause > PAUSE && !(isWithin && (field.value !== "" || event.isComposing))) forget();
    if (pause > PAUSE || before?.field !== event.target) {
      written = "";
      before = { field: event.target, value: event.target.value };
    }
    last = event.timeStamp;
    written = (written + text).slice(0, MAX_TEXT);
  };

  /// Does what an ending asks for; false where the key means something else.
  const ends = (event, pause) => {
    const isTab = event.key === "Tab";
    const isComposing = event.isComposing || event.keyCode === 229;
    const text = event.target === field ? own() : "";
    if (text) {
      if (isTab && text.length < SURELY_SCANNED && pause > QUICK) return false;
      end(isComposing);
      return true;
    }
    // Some send two endings, and the second one would press a button or open the browser's own pages.
    const isSecond = event.target === rested && last <= taken && event.timeStamp - taken < (isTab ? QUICK : PAUSE);
    if (isSecond) return true;
    if (event.target === field || isTab || isComposing || !takesText(event.target)) return false;
    onDone();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (!isOpen()) return;
    announced = false;
    const isWithin = event.target === field;
    const pause = event.timeStamp - last;
    if (isEnter(event) || isControlEnd(event) || event.key === "Tab") {
      if (!ends(event, pause)) return;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const digit = digitOf(event);
    const isOther = !digit && (event.key.length === 1 || /^Key[A-Z]$/.test(event.code));
    if (!digit && !isOther) return;
    // A key that is held down moves a cursor; no scanner holds one.
    if (event.repeat && !isDigit(event.key)) return;
    announced = digit !== "";
    follow(event, digit || (event.key.length === 1 ? event.key : ""));
    if (!isWithin && takesText(event.target) && isCredential(written)) {
      event.preventDefault();
      takeBack();
      forget();
      onCredential();
      return;
    }
    if (digit) digitPressed(event, digit);
    else if (isWithin) mixed = true;
    else keys = "";
  }, true);

  // Digits that no key has announced: another program types or pastes them.
  document.addEventListener("beforeinput", (event) => {
    const isKnown = announced;
    announced = false;
    if (!isOpen() || isKnown || event.isComposing || !takesText(event.target)) return;
    const digits = withAsciiDigits(event.data ?? "").trim();
    // In their own field its text counts, unless they go on with what was begun elsewhere.
    if (!/^[0-9]+$/.test(digits) || (event.target === field && keys === "")) return;
    follow(event, digits);
    digitPressed(event, digits);
  }, true);

  // Whoever goes to another field begins anew.
  document.addEventListener("focusin", (event) => {
    if (event.target !== field) forget();
  });
  field.addEventListener("compositionstart", () => {
    composed = true;
  });
  field.addEventListener("input", (event) => {
    waitForMore();
    if (event.isComposing) return;
    const mapped = withAsciiDigits(field.value);
    if (mapped !== field.value && !composed) field.value = mapped;
    if (field.value === "" && !composed) forget();
  });
  document.addEventListener("paste", (event) => {
    if (!isOpen() || !isCredential(event.clipboardData?.getData("text") ?? "")) return;
    event.preventDefault();
    event.stopPropagation();
    onCredential();
  }, true);
  field.addEventListener("paste", (event) => {
    // A text field drops line ends, and a list of codes would become one.
    const text = event.clipboardData?.getData("text") ?? "";
    if (!/[\r\n]/.test(text.trim())) return;
    event.preventDefault();
    take(withAsciiDigits(text).trim());
  });
  field.form.addEventListener("submit", (event) => {
    // On-screen keyboards send the form without a key.
    event.preventDefault();
    take(own());
  });
  return () => take("");
}
