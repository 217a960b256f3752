// Scanning with the camera, where the browser itself can read QR codes. Only on request; no picture leaves the page.

/// Milliseconds between two looks, and before the same code counts again.
const LOOK_EVERY = 150;
const SAME_AGAIN = 5000;

let stream = null;

/// Whether this browser can.
export async function isPossible() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return false;
  try {
    return (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
  } catch {
    return false;
  }
}

export const isRunning = () => stream !== null;

/// Starts the camera and calls `onScan` with each new text.
export async function start(video, onScan) {
  const found = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  stream = found;
  video.srcObject = found;
  video.hidden = false;
  await video.play();
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
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
