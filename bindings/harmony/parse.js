// Reads ArkTS with the vendor's own parser: node parse.js FILE... Syntax only. Types of HarmonyOS are not
// public: what a page calls of the system is not looked at, and nothing is run.
"use strict";

const { readFileSync } = require("node:fs");
const ts = require("ohos-typescript");

// What the syntax of a component depends on: builders, and components whose body holds others.
const ets = {
  render: { method: ["build", "pageTransition"], decorator: ["Builder"] },
  components: [
    "Button", "Canvas", "Column", "ForEach", "LoadingProgress", "Progress", "Row", "Scroll", "Text",
  ],
  libs: [],
  extend: { decorator: ["Extend"], components: [] },
  styles: {
    decorator: "Styles",
    component: { name: "Common", type: "T", instance: "CommonInstance" },
    property: "stateStyles",
  },
  concurrent: { decorator: "Concurrent" },
  customComponent: "CustomComponent",
  propertyDecorators: [],
  emitDecorators: [],
  syntaxComponents: { paramsUICallback: ["ForEach"], attrUICallback: [] },
};

/// The faults of a file, each with its line.
const faults = (file) => {
  const kind = file.endsWith(".ets") ? ts.ScriptKind.ETS : ts.ScriptKind.TS;
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2021, true, kind, { ets });
  return source.parseDiagnostics.map((fault) => {
    const { line } = source.getLineAndCharacterOfPosition(fault.start);
    return `${file}:${line + 1}: ${ts.flattenDiagnosticMessageText(fault.messageText, " ")}`;
  });
};

const all = process.argv.slice(2).flatMap(faults);
for (const fault of all) console.error(fault);
process.exit(all.length > 0 ? 1 : 0);
