// One city from its first day to the end of its service, in one Chromium.

import "./begin.js";
import "./operator.test.js";
import "./console.test.js";
import "./turns.test.js";
import "./keys.test.js";
import "./camera.test.js";
import "./looks.test.js";
import "./clock.test.js";
import "./gate.test.js";
import "./end.js";
