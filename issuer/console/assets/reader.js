// Reads codes out of the camera's pictures: the browser itself where it can, else a decoder that is fetched
// only then.

import { turned } from "./turned.js";

const QR = { formats: ["qr_code"] };
/// Looks in a row that a reader may fail before it is not believed any more, and milliseconds that one may
/// take.
const MAX_FAILURES = 3;
const PATIENCE = 3000;

/// Some browsers say that they read codes, and then refuse every picture: a phone's own reader may not be
/// there.
async function browsersOwn() {
  try {
    const formats = await globalThis.BarcodeDetector.getSupportedFormats();
    return formats.includes("qr_code") ? new globalThis.BarcodeDetector(QR) : null;
  } catch {
    return null;
  }
}

function inTime(promise) {
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE, new Error("no answer")));
  return Promise.race([promise, late]);
}

/// The decoder reads no picture in a mirror, and large ones not at every angle: it is shown the picture in
/// other ways, too, one way more at each look.
async function decoder() {
  const { BarcodeDetector } = await import("./vendor/qr/decode.js");
  const detector = new BarcodeDetector(QR);
  let looks = 0;
  return {
    async detect(video) {
      const found = await detector.detect(video);
      looks += 1;
      return found.length > 0 ? found : detector.detect(turned(video, looks));
    },
  };
}

/// What reads a video's picture. `read` returns the text of a code, nothing where there is none, and throws
/// once nothing is left that could read.
export async function makeReader() {
  let own = await browsersOwn();
  let detector = own ?? (await decoder());
  let failures = 0;
  const read = async (video) => {
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return "";
    try {
      const codes = await inTime(detector.detect(video));
      failures = 0;
      return codes[0]?.rawValue ?? "";
    } catch (error) {
      failures += 1;
      if (failures < MAX_FAILURES) return "";
      if (!own) throw error;
      own = null;
      failures = 0;
      detector = await decoder();
      return "";
    }
  };
  return { read };
}
