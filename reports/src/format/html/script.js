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
const nameOf = (trial) => trial.case + (trial.arm ? " @ " + trial.arm : "");
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
  const all = data.trials.length;
  $("count").textContent = state.rows.length === all ? `${all}` : `${state.rows.length} of ${all}`;
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

function row(index) {
  const trial = state.rows[index];
  const node = el("div", "row");
  node.id = "row-" + index;
  node.setAttribute("role", "option");
  node.setAttribute("aria-selected", "false");
  node.dataset.index = index;
  const what = el("div", "what");
  what.append(el("b", "", nameOf(trial)), el("span", "muted", "#" + trial.sample));
  node.append(what, el("div", "where", probeOf(trial).id));
  const dots = el("div", "dots");
  const shown = trial.grades.slice(0, 40);
  for (const grade of shown) {
    const dot = el("span", "dot " + grade.class);
    dot.title = gradeKey(trial, grade);
    dots.append(dot);
  }
  if (trial.grades.length > shown.length) dots.append(el("span", "where", "+" + (trial.grades.length - shown.length)));
  const spoken = trial.grades.slice(0, 6).map((grade) => gradeKey(trial, grade)).join(", ");
  node.setAttribute("aria-label", `${nameOf(trial)}, sample ${trial.sample}, ${probeOf(trial).id}: ${spoken}`);
  node.append(dots);
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
  const list = $("list"), top = node.offsetTop - list.offsetTop;
  if (top < list.scrollTop) list.scrollTop = top;
  if (top + node.offsetHeight > list.scrollTop + list.clientHeight) {
    list.scrollTop = top + node.offsetHeight - list.clientHeight;
  }
  show(state.rows[index]);
  if (focus) list.focus({ preventScroll: true });
}

// ---- one transcript ---------------------------------------------------------------------------

function gradeChip(trial, grade, tag) {
  const chip = el(tag || "li", "grade " + grade.class);
  chip.append(el("b", "", scoreName(trial, grade)), ": " + grade.value);
  if (grade.why) chip.append(" (", marked(el("span"), grade.why), ")");
  return chip;
}

function turnNode(trial, turn, grades) {
  const node = el("div", `turn ${turn.role}${turn.failed ? " broken" : ""}`);
  const meta = el("div", "meta");
  meta.append(el("span", "role", turn.role));
  if (turn.name) meta.append(el("span", "", turn.name + (turn.round ? ", round " + turn.round : "")));
  if (turn.note) meta.append(el("span", "", turn.note));
  node.append(meta);
  const empty = turn.text.trim() === "";
  const said = el("p", "said" + (empty ? " empty" : ""));
  said.dir = "auto";
  node.append(empty ? (said.textContent = "(empty)", said) : marked(said, turn.text));
  if (grades.length) {
    const list = el("ul", "grades");
    for (const grade of grades) list.append(gradeChip(trial, grade));
    node.append(list);
  }
  return node;
}

const sameRound = (one, two) => (one === undefined ? null : one) === (two === undefined ? null : two);

function forkNode(trial, branches, used) {
  const first = branches[0];
  const node = el("div", "fork");
  const round = first.round ? `, round ${first.round}` : "";
  node.append(el("p", "title", `⑂ fork ${first.fork}${round}: ${branches.length} independent ${branches.length === 1 ? "continuation" : "continuations"}`));
  const gradesOf = (branch) => trial.grades.filter((grade) => grade.fork === branch.fork
    && grade.branch === branch.index && sameRound(grade.round, branch.round));
  const marks = branches.map(gradesOf);
  for (const score of new Set(marks.flat().map((grade) => grade.score))) {
    node.append(tally(trial, score, marks.flat().filter((grade) => grade.score === score)));
  }
  branches.forEach((branch, index) => {
    const item = el("details", "branch");
    const head = el("summary", "", `branch ${branch.index + 1}`);
    for (const grade of marks[index]) { head.append(gradeChip(trial, grade, "span")); used.add(grade); }
    item.append(head);
    for (const turn of branch.turns) item.append(turnNode(trial, turn, []));
    if (state.needle && branch.turns.some((turn) => turn.text.toLowerCase().includes(state.needle))) item.open = true;
    if (branch.turns.some((turn) => turn.failed)) item.open = true;
    node.append(item);
  });
  return node;
}

// How the branches of a fork were graded, as bars.
function tally(trial, score, grades) {
  const counts = new Map();
  for (const grade of grades) {
    const entry = counts.get(grade.value) || { count: 0, class: grade.class };
    entry.count += 1;
    counts.set(grade.value, entry);
  }
  const node = el("div", "tally");
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", probeOf(trial).scores[score][0]);
  const sorted = [...counts].sort((a, b) => b[1].count - a[1].count).slice(0, 12);
  for (const [value, entry] of sorted) {
    const bar = el("div", "bar " + entry.class);
    bar.style.width = (100 * entry.count / grades.length).toFixed(1) + "%";
    node.append(el("span", "", `${probeOf(trial).scores[score][0]}: ${value}`), bar, el("span", "muted", `${entry.count}`));
  }
  return node;
}

function show(trial) {
  const detail = $("detail");
  const nodes = [el("h3", "", nameOf(trial))];
  const words = { failed: " · something failed", unscored: " · not all of it could be graded",
    discordant: " · differs from most samples of its case", plain: "" };
  nodes.push(el("p", "muted", `${probeOf(trial).id} · sample ${trial.sample}${words[trial.interest]}`));
  const used = new Set();
  const branches = trial.branches || [];
  const forksAt = (place) => {
    const groups = new Map();
    for (const branch of branches.filter((branch) => Math.min(branch.after, trial.turns.length) === place)) {
      const key = JSON.stringify([branch.fork, branch.round || 0]);
      groups.set(key, [...(groups.get(key) || []), branch]);
    }
    return [...groups.values()].map((group) => forkNode(trial, group, used));
  };
  nodes.push(...forksAt(0));
  trial.turns.forEach((turn, index) => {
    const own = trial.grades.filter((grade) => grade.branch === undefined && turn.name
      && probeOf(trial).scores[grade.score][1] === turn.name && sameRound(grade.round, turn.round));
    own.forEach((grade) => used.add(grade));
    nodes.push(turnNode(trial, turn, own), ...forksAt(index + 1));
  });
  const rest = trial.grades.filter((grade) => !used.has(grade));
  if (rest.length) {
    const list = el("ul", "grades");
    for (const grade of rest) list.append(gradeChip(trial, grade));
    nodes.push(el("p", "muted", "Grades without a turn of their own"), list);
  }
  detail.replaceChildren(...nodes);
}

// ---- keyboard and wiring ----------------------------------------------------------------------

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
  if (event.key === "Escape") {
    if (document.activeElement === $("query") && $("query").value) { $("query").value = ""; apply(); }
    $("list").focus();
    return;
  }
  if (typing) return;
  const onList = document.activeElement === $("list");
  const page = Math.max(1, Math.floor($("list").clientHeight / 70));
  const moves = { j: 1, k: -1 };
  const listMoves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
  const by = moves[event.key] || (onList && listMoves[event.key]);
  if (by) {
    const target = Math.min(Math.max(state.current + by, 0), state.rows.length - 1);
    if (!onList) $("transcripts").scrollIntoView({ block: "start" });
    select(target, true);
  } else if (event.key === "/") {
    $("transcripts").scrollIntoView({ block: "start" });
    $("query").focus();
  } else if (event.key === "f") {
    $("interest").value = $("interest").value === "failed" ? "" : "failed";
    apply();
  } else if (event.key === "e") {
    const all = [...document.querySelectorAll(".branch")];
    const open = all.some((branch) => !branch.open);
    all.forEach((branch) => { branch.open = open; });
  } else if (event.key === "Enter" && onList) {
    $("detail").focus();
  } else {
    return;
  }
  event.preventDefault();
}

function toggleTheme() {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = root.dataset.theme || (dark ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
  try { localStorage.setItem("grice-theme", root.dataset.theme); } catch { /* a page may not have a store */ }
}

function start() {
  try {
    const theme = localStorage.getItem("grice-theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch { /* as above */ }
  $("theme").addEventListener("click", toggleTheme);
  for (const node of document.querySelectorAll("#filters, .panes, .keys")) node.hidden = false;
  fillFilters();
  let wait = 0;
  $("query").addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(apply, 120); });
  $("filters").addEventListener("submit", (event) => { event.preventDefault(); apply(); });
  $("probe").addEventListener("change", () => { fillDependent(); apply(); });
  for (const id of ["arm", "grade", "interest"]) $(id).addEventListener("change", apply);
  $("clear").addEventListener("click", () => { $("filters").reset(); fillDependent(); apply(); });
  $("list").addEventListener("click", (event) => {
    const node = event.target.closest(".row");
    if (node) select(Number(node.dataset.index), true);
  });
  $("list").addEventListener("scroll", () => {
    const list = $("list");
    if (list.scrollTop + list.clientHeight > list.scrollHeight - 800 && state.rendered < state.rows.length) more();
  });
  for (const link of document.querySelectorAll("a[data-probe]")) {
    link.addEventListener("click", () => {
      const index = data.probes.findIndex((probe) => probe.id === link.dataset.probe);
      $("filters").reset();
      $("probe").value = String(index);
      fillDependent();
      apply();
    });
  }
  document.addEventListener("keydown", onKey);
  apply();
}

start();
