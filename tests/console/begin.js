// What takes a minute begins first.

import { test } from "node:test";
import { oldCode, slowDesk } from "./minute.js";

test("what takes a minute begins", () => Promise.all([oldCode(), slowDesk()]));
