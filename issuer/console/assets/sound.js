// Two tones that tell the verdicts apart without looking: rising for accepted, low and falling for everything
// else.

const TONES = {
  accept: [[880, 0, 0.12], [1318, 0.13, 0.2]],
  refuse: [[330, 0, 0.22], [220, 0.25, 0.4]],
  unsent: [[440, 0, 0.1], [440, 0.18, 0.1], [440, 0.36, 0.1]],
};

let context = null;

/// Browsers let a page sound only after somebody has pressed a key there.
export function play(name) {
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume().catch(() => {});
    for (const [pitch, from, length] of TONES[name] ?? []) {
      const start = context.currentTime + from;
      const tone = context.createOscillator();
      const loudness = context.createGain();
      tone.type = name === "accept" ? "sine" : "triangle";
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(0.0001, start);
      loudness.gain.exponentialRampToValueAtTime(0.4, start + 0.01);
      loudness.gain.exponentialRampToValueAtTime(0.0001, start + length);
      tone.connect(loudness).connect(context.destination);
      tone.start(start);
      tone.stop(start + length + 0.02);
    }
  } catch {
    // A desk without a sound device still shows the verdict.
    context = null;
  }
}
