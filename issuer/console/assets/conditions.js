// What somebody has to look at on a gate: a line above the verdict, which opens to all that there is to say.

const at = (id) => document.getElementById(id);

/// The state itself, without what to do about it.
const state = (text) => text.replace(/\s*[（(][^）)]*[）)]/g, "").split(/[:：]/)[0];
const about = (one) => (one.about ? `${one.about}: ` : "");

export function show(held) {
  const more = held.length - 1;
  const told = {
    "conditions-state-zh": held.length > 0 ? state(held[0].advice_zh) + (more > 0 ? `；另有 ${more} 项` : "") : "",
    "conditions-state-en": held.length > 0 ? state(held[0].advice) + (more > 0 ? `; ${more} more` : "") : "",
    "conditions-zh": held.map((one) => `${about(one)}${one.advice_zh}。`).join(" "),
    "conditions-en": held.map((one) => `${about(one)}${one.advice}.`).join(" "),
  };
  // The same again is not read out again.
  for (const [id, words] of Object.entries(told)) if (at(id).textContent !== words) at(id).textContent = words;
  at("conditions").hidden = held.length === 0;
}

/// Makes room for a verdict.
export function fold() {
  at("conditions-all").open = false;
}
