// What a scan is for: who works here, and, where the scene is a case's, its purpose and number.

const at = (id) => document.getElementById(id);
/// In the order of the page, with the words of its labels.
const FIELDS = [
  { id: "operator", zh: "经办人", en: "operator" },
  { id: "purpose", zh: "办理事项", en: "purpose" },
  { id: "case", zh: "办件编号", en: "case number" },
];

const value = (id) => at(id).value.trim();

/// Asks for all three of a case, or for the operator alone, who may be left out.
export function ask(isCase) {
  at("purpose-field").hidden = at("case-field").hidden = !isCase;
  if (!isCase) at("purpose").value = at("case").value = "";
  for (const { id } of FIELDS) {
    at(id).required = isCase;
    at(id).closest("div").querySelector(".required").hidden = !isCase;
  }
}

const empty = () => FIELDS.filter(({ id }) => at(id).required && value(id) === "");

/// The fields that have to be filled in before a scan, the first one first.
export const missing = () => empty().map(({ id }) => at(id));

/// The sentence about them.
export function told() {
  const fields = empty();
  return {
    text: {
      zh: `请先填写${fields.map(({ zh }) => zh).join("、")}`,
      en: `Fill in ${fields.map(({ en }) => en).join(", ")} first`,
    },
    staff: { zh: "此码未提交，填写后再扫一次", en: "This code was not sent: fill in, then scan again" },
    code: "MATTER_MISSING",
  };
}

/// What goes with a scan.
export function filled() {
  const all = FIELDS.map(({ id }) => [id, value(id)]);
  return Object.fromEntries(all.filter(([id, text]) => text || id === "operator"));
}

/// The next person is another case.
export function next() {
  at("case").value = "";
}
