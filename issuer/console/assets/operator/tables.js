// Rows of tables, made of texts only.

import { CITY_TIME, english } from "../console/words.js";

/// A text in both languages.
export const both = ({ zh, en }) => [zh, " ", english(en)];

/// A time of the city.
export function time(seconds) {
  const element = document.createElement("time");
  const date = new Date(seconds * 1000);
  element.dateTime = date.toISOString();
  element.textContent = date.toLocaleString("zh-CN", CITY_TIME);
  return element;
}

export function codeOf(text) {
  const element = document.createElement("code");
  element.textContent = text;
  return element;
}

/// A button whose spoken name says which row it belongs to.
export function button(action, row, onClick) {
  const element = document.createElement("button");
  element.type = "button";
  element.append(...both(action));
  element.setAttribute("aria-label", `${action.zh} ${action.en} ${row}`);
  element.addEventListener("click", onClick);
  return element;
}

/// A row: its first cell is its heading.
export function row(cells, marked = false) {
  const element = document.createElement("tr");
  if (marked) element.dataset.mark = "";
  element.append(...cells.map((parts, at) => {
    const cell = document.createElement(at === 0 ? "th" : "td");
    if (at === 0) cell.scope = "row";
    cell.append(...[parts].flat());
    return cell;
  }));
  return element;
}

/// Shows the rows, or that there are none.
export function fill(body, rows, none) {
  if (rows.length > 0) return body.replaceChildren(...rows);
  const element = document.createElement("tr");
  const cell = document.createElement("td");
  cell.className = "none";
  cell.colSpan = body.parentElement.tHead.rows[0].cells.length;
  cell.append(...both(none));
  element.append(cell);
  body.replaceChildren(element);
}
