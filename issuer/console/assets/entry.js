// What a keyboard-wedge scanner, a clipboard or a hand brings: one text for each Enter, whatever input method is on.
//
// The keys that were pressed are kept beside the field's text. An input method may swallow, convert or double what the scanner
// types; after a composition the keys are what counts, because a citizen code is digits and nothing else.

/// As much as the service looks at.
const MAX_TEXT = 4096;
/// A scanner types faster than this between two keys, milliseconds; a hand that pauses starts anew.
const PAUSE = 400;
/// Digits in a row that no operator types into another field.
const SURELY_SCANNED = 60;

/// The digit on a key, on the main block and on the number pad.
function digitOf(event) {
  const key = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  return key && !event.shiftKey ? key[1] : "";
}

function withAsciiDigits(text) {
  return text.replace(/[\uff10-\uff19]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
}

function isEnd(event) {
  return event.key === "Enter" || event.code === "Enter" || event.code === "NumpadEnter";
}

function takesText(element) {
  return element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
}

/// Calls `onScan` with each text that came in while `isOpen` says that the desk is to be seen. `makeWay` closes whatever lies
/// over the field. Returns what empties the field.
export function listen(field, isOpen, makeWay, onScan) {
  let keys = "";
  let composed = false;
  let last = 0;
  let before = null;

  const take = (text) => {
    keys = "";
    composed = false;
    field.value = "";
    if (text) onScan(text.slice(0, MAX_TEXT));
  };

  const end = (event) => {
    const elsewhere = event.target !== field;
    if (elsewhere && keys.length < SURELY_SCANNED) return;
    event.preventDefault();
    event.stopPropagation();
    if (elsewhere) {
      // A scan went astray into another field: that one gets its own text back.
      if (before && before.field === event.target) before.field.value = before.text;
      field.focus();
      take(keys);
      return;
    }
    const typed = withAsciiDigits(field.value).trim();
    const own = composed && keys ? keys : typed;
    if (event.isComposing || event.keyCode === 229) {
      // Leaving the field ends the composition; what it leaves behind is emptied with it.
      field.blur();
      field.focus();
    }
    take(own);
  };

  document.addEventListener("keydown", (event) => {
    if (!isOpen() || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.timeStamp - last > PAUSE && event.target !== field) {
      keys = "";
      before = takesText(event.target) ? { field: event.target, text: event.target.value } : null;
    }
    last = event.timeStamp;
    const digit = digitOf(event);
    if (digit) {
      if (!takesText(event.target)) {
        makeWay();
        field.focus();
      }
      if (field.value === "" && !composed && event.target === field && !event.isComposing && event.keyCode !== 229) keys = "";
      keys = (keys + digit).slice(0, MAX_TEXT);
    } else if (isEnd(event)) {
      end(event);
    } else if (event.key === "Tab" && event.target === field && field.value.length >= SURELY_SCANNED) {
      // Some scanners end with a tab.
      end(event);
    }
  }, true);

  field.addEventListener("compositionstart", () => {
    composed = true;
  });
  field.addEventListener("input", (event) => {
    if (event.isComposing) return;
    const mapped = withAsciiDigits(field.value);
    if (mapped !== field.value && !composed) field.value = mapped;
    if (field.value === "" && !composed) keys = "";
  });
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
    take(withAsciiDigits(field.value).trim());
  });
  return () => take("");
}
