// The queue of scans: one is checked at a time, and a verdict is seen before the next one takes its place.

/// Scans that may wait behind the one that is being checked.
const MAX_WAITING = 3;

/// A turn is `{ asks, began, take }`: whether a citizen is asked, when it was begun (-Infinity for what
/// nobody at the desk did), and what checks it and returns what shows the outcome.
export class Turns {
  #waiting = [];
  #current = null;
  /// Who works the queue off; another object once it was emptied, so that nothing late is shown.
  #worker = null;
  /// When the last verdict came, until when it is held, and what ends that sooner.
  #shown = { at: -Infinity, until: -Infinity };
  #release = () => {};
  #onHold;

  /// `onHold` hears how many milliseconds the next turn waits for the verdict to be seen.
  constructor(onHold) {
    this.#onHold = onHold;
  }

  /// What is being checked.
  get current() {
    return this.#current;
  }

  /// Whether a scan can take its turn now: "asked" while a citizen is, or will be, asked (a code would run
  /// out meanwhile), "busy" where too many wait, and for a case, which has a number of its own, where any do.
  hindrance(isCase) {
    const ahead = [this.#current, ...this.#waiting].filter((turn) => turn !== null);
    if (ahead.some(({ asks }) => asks)) return "asked";
    if (ahead.length > (isCase ? 0 : MAX_WAITING)) return "busy";
    return null;
  }

  add(turn) {
    this.#waiting.push(turn);
    // Whoever scans after a verdict has seen it.
    if (turn.began > this.#shown.at) this.seen();
    if (!this.#worker) this.#work((this.#worker = {}));
  }

  /// A verdict is on the screen, for at least so long.
  hold(milliseconds) {
    const at = performance.now();
    this.#shown = { at, until: at + milliseconds };
    // A turn that waits already waits anew.
    this.#release();
  }

  /// The clerk goes on.
  seen() {
    this.#shown.until = -Infinity;
    this.#release();
  }

  /// Forgets all that waits, and the outcome of what is being checked.
  empty() {
    this.#waiting = [];
    this.#current = this.#worker = null;
    this.seen();
  }

  async #work(own) {
    try {
      while (this.#waiting.length > 0) {
        for (let left; (left = this.#shown.until - performance.now()) > 0; ) await this.#pause(left);
        if (this.#worker !== own) return;
        this.#current = this.#waiting.shift();
        const show = await this.#current.take();
        if (this.#worker !== own) return;
        this.#current = null;
        show();
      }
    } finally {
      if (this.#worker === own) this.#worker = this.#current = null;
    }
  }

  #pause(milliseconds) {
    this.#onHold(milliseconds);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#release = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
