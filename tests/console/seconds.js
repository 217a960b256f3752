// A code is of one second: two of one second are one code, and the second one is a used one.

const now = () => Math.floor(Date.now() / 1000);

export class Seconds {
  #spent = 0;

  /// Does what draws a code, in a second that none was drawn in.
  async draw(work) {
    if (now() <= this.#spent) await new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000)));
    try {
      return await work();
    } finally {
      this.#spent = now();
    }
  }
}
