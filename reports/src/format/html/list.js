// The list of trials: what every part of the page shares, the filters, the rows.
"use strict";
// Every text from the data goes into the page as a text node; nothing is ever parsed as HTML.
const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const CHUNK = 200;
const state = { rows: [], rendered: 0, current: -1, needle: "" };

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

const probeOf = (trial) => data.probes[trial.probe];
const scoreName = (trial, grade) => probeOf(trial).scores[grade.score][0];
// Cases that run in one arm only often have its name in theirs.
const nameOf = (trial) => trial.case + (trial.arm && !trial.case.endsWith("-" + trial.arm) ? " @ " + trial.arm : "");
const addressOf = (trial) => "#trial/" + [probeOf(trial).id, trial.case, trial.arm, trial.sample].map(encodeURIComponent).join("/");
const gradeKey = (trial, grade) => scoreName(trial, grade) + " = " + grade.value;

function textOf(trial) {
  if (trial.folded === undefined) {
    const turns = trial.turns.concat(...(trial.branches || []).map((branch) => branch.turns));
    trial.folded = [probeOf(trial).id, nameOf(trial), ...turns.map((turn) => turn.text)].join("\n").toLowerCase();
  }
  return trial.folded;
}

// ---- filters ----------------------------------------------------------------------------------

function fill(select, first, values) {
  const kept = select.value;
  select.replaceChildren(new Option(first, ""));
  for (const [value, label] of values) select.append(new Option(label, value));
  select.value = values.some(([value]) => value === kept) ? kept : "";
}

function fillFilters() {
  fill($("probe"), "all probes", data.probes.map((probe, index) => [String(index), probe.id]));
  fillDependent();
}

// Arms and grades of the chosen probe.
function fillDependent() {
  const probe = $("probe").value;
  const trials = data.trials.filter((trial) => probe === "" || trial.probe === Number(probe));
  const arms = new Set(trials.map((trial) => trial.arm).filter((arm) => arm !== ""));
  fill($("arm"), "all arms", [...arms].map((arm) => [arm, arm]));
  $("arm").disabled = arms.size === 0;
  const counts = new Map();
  for (const trial of trials) {
    for (const key of new Set(trial.grades.map((grade) => gradeKey(trial, grade)))) {
      counts.set(key, (counts.get(key) || 0) + 1);
    }
  }
  const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 150).sort((a, b) => a[0].localeCompare(b[0]));
  fill($("grade"), "all grades", most.map(([key, count]) => [key, `${key}  (${count})`]));
}

function matches(trial) {
  const probe = $("probe").value, arm = $("arm").value, grade = $("grade").value, interest = $("interest").value;
  if (probe !== "" && trial.probe !== Number(probe)) return false;
  if (arm !== "" && trial.arm !== arm) return false;
  if (interest === "trouble" && trial.interest === "plain") return false;
  if (interest && interest !== "trouble" && trial.interest !== interest) return false;
  if (grade && !trial.grades.some((each) => gradeKey(trial, each) === grade)) return false;
  return !state.needle || textOf(trial).includes(state.needle);
}

function apply() {
  const before = state.rows[state.current];
  state.needle = $("query").value.trim().toLowerCase();
  state.rows = data.trials.filter(matches);
  state.rendered = 0;
  $("list").replaceChildren();
  const all = data.trials.length, grouped = (count) => count.toLocaleString("en");
  $("count").textContent = (state.rows.length === all ? "" : grouped(state.rows.length) + " of ") + grouped(all);
  if (state.rows.length === 0) {
    $("list").append(el("p", "nothing", all ? "No transcript matches." : "The record holds no trial."));
    $("detail").replaceChildren();
    state.current = -1;
    return;
  }
  more();
  select(Math.max(0, state.rows.indexOf(before)), false);
}

// ---- list -------------------------------------------------------------------------------------

function more() {
  const end = Math.min(state.rendered + CHUNK, state.rows.length);
  const part = document.createDocumentFragment();
  for (; state.rendered < end; state.rendered++) part.append(row(state.rendered));
  $("list").append(part);
}

// The line to recognise a trial by: where the search matches, or else the last live turn.
function gist(trial) {
  const turns = trial.turns.concat(...(trial.branches || []).map((branch) => branch.turns));
  const found = state.needle && turns.find((turn) => turn.text.toLowerCase().includes(state.needle));
  const live = trial.turns.filter((turn) => turn.role === "assistant").pop() || turns[turns.length - 1];
  const text = ((found || live || { text: "" }).text).replace(/\s+/g, " ").trim();
  const at = found ? Math.max(0, text.toLowerCase().indexOf(state.needle) - 24) : 0;
  return (at ? "…" : "") + text.slice(at, at + 160);
}

function row(index) {
  const trial = state.rows[index];
  const node = el("div", "row");
  node.id = "row-" + index;
  node.setAttribute("role", "option");
  node.setAttribute("aria-selected", "false");
  node.dataset.index = index;
  const what = el("div", "what");
  const dots = el("span", "dots");
  const shown = trial.grades.slice(0, 12);
  for (const grade of shown) {
    const dot = el("span", "dot " + grade.class);
    dot.title = gradeKey(trial, grade);
    dots.append(dot);
  }
  if (trial.grades.length > shown.length) dots.append(el("span", "where", "+" + (trial.grades.length - shown.length)));
  what.append(el("b", "", nameOf(trial)), el("span", "muted", "#" + trial.sample), dots);
  node.append(what);
  if ($("probe").value === "" && data.probes.length > 1) node.append(el("div", "where", probeOf(trial).id));
  node.append(marked(el("div", "gist"), gist(trial)));
  const spoken = trial.grades.slice(0, 6).map((grade) => gradeKey(trial, grade)).join(", ");
  node.setAttribute("aria-label", `${nameOf(trial)}, sample ${trial.sample}, ${probeOf(trial).id}: ${spoken}`);
  return node;
}

function select(index, focus) {
  if (index < 0 || index >= state.rows.length) return;
  while (state.rendered <= index) more();
  const old = $("row-" + state.current);
  if (old) old.setAttribute("aria-selected", "false");
  state.current = index;
  const node = $("row-" + index);
  node.setAttribute("aria-selected", "true");
  $("list").setAttribute("aria-activedescendant", node.id);
  const list = $("list"), top = node.offsetTop;
  if (top < list.scrollTop) list.scrollTop = top;
  if (top + node.offsetHeight > list.scrollTop + list.clientHeight) {
    list.scrollTop = top + node.offsetHeight - list.clientHeight;
  }
  show(state.rows[index]);
  // The address names the trial, so that it can be sent to somebody.
  if (focus) history.replaceState(null, "", addressOf(state.rows[index]));
  if (focus) list.focus({ preventScroll: true });
}
