// What takes a minute begins first.

import { test } from "node:test";
import { slowDesk } from "./minute.js";

test("what takes a minute begins", () => slowDesk());
