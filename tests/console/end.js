// Asked last, of all pages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { faults } from "./world.js";

test("nothing went wrong in the pages, and nothing was asked of anybody else", () => {
  assert.deepEqual(faults, []);
});
