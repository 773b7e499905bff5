// What every page shares: nothing here knows what is shown.
"use strict";
// Every text from the data goes into the page as a text node; nothing is ever parsed as HTML.
const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);

function el(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// The text with every occurrence of the needle marked.
function marked(node, text) {
  const needle = state.needle;
  if (!needle) { node.textContent = text; return node; }
  const folded = text.toLowerCase();
  // Folding can change lengths (İ): then marking would slip, so nothing is marked.
  if (folded.length !== text.length) { node.textContent = text; return node; }
  let from = 0;
  for (let at = folded.indexOf(needle); at >= 0; at = folded.indexOf(needle, from)) {
    node.append(text.slice(from, at), el("mark", "", text.slice(at, at + needle.length)));
    from = at + needle.length;
  }
  node.append(text.slice(from));
  return node;
}

// Choices of a select; the one that was chosen stays so where it is still there.
function fill(select, first, values) {
  const kept = select.value;
  select.replaceChildren(new Option(first, ""));
  for (const [value, label] of values) select.append(new Option(label, value));
  select.value = values.some(([value]) => value === kept) ? kept : "";
}

function toggleTheme() {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = root.dataset.theme || (dark ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
  try { localStorage.setItem("grice-theme", root.dataset.theme); } catch { /* a page may not have a store */ }
}

// The theme that the reader chose before, and the button that changes it.
function startTheme() {
  try {
    const theme = localStorage.getItem("grice-theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch { /* as above */ }
  $("theme").addEventListener("click", toggleTheme);
}
