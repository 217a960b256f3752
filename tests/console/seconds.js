// A code is of one second: two of one second are one code, and the second one is a used one.

/// Milliseconds. A whole second and a little, because the wallet's clock need not begin its seconds when this
/// one does, and timers may be early.
const APART = 1005;

export class Seconds {
  #last = -Infinity;

  /// Does what draws a code, in a second that none was drawn in.
  async draw(work) {
    const left = this.#last + APART - performance.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    try {
      return await work();
    } finally {
      this.#last = performance.now();
    }
  }
}
