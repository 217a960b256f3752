// Scanning with the camera. Only on request; no picture leaves the page.

/// Milliseconds between two looks, and before the same code counts again.
const LOOK_EVERY = 150;
const SAME_AGAIN = 5000;
const QR = { formats: ["qr_code"] };

let stream = null;

/// Whether this browser has cameras: pages that came over plain HTTP from another machine have none.
export const isPossible = () => Boolean(navigator.mediaDevices?.getUserMedia);

/// What reads the pictures: the browser itself where it can, else a decoder that is fetched only now.
async function makeDetector() {
  const formats = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []);
  if (formats?.includes("qr_code")) return new globalThis.BarcodeDetector(QR);
  const { BarcodeDetector } = await import("./vendor/qr/decode.js");
  return new BarcodeDetector(QR);
}

export const isRunning = () => stream !== null;

/// Starts the camera and calls `onScan` with each new text.
export async function start(video, onScan) {
  // A citizen code has some sixty modules: the more pixels, the farther away it may be held.
  const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
  const found = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", ...size }, audio: false });
  stream = found;
  video.srcObject = found;
  video.hidden = false;
  await video.play();
  const detector = await makeDetector();
  let seen = { text: "", at: 0 };
  const look = async () => {
    if (stream !== found) return;
    const codes = await detector.detect(video).catch(() => []);
    const text = codes[0]?.rawValue ?? "";
    const now = performance.now();
    if (text && stream === found && (text !== seen.text || now - seen.at > SAME_AGAIN)) onScan(text);
    if (text) seen = { text, at: now };
    setTimeout(look, LOOK_EVERY);
  };
  look();
}

export function stop(video) {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video.srcObject = null;
  video.hidden = true;
}
