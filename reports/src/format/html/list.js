// The list of trials: the filters, the rows.
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
