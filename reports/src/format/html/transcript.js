// One transcript: its turns, its grades, its forks as a tree.
function forkNode(trial, branches, used) {
  const first = branches[0];
  const node = el("div", "fork");
  const round = first.round ? `, round ${first.round}` : "";
  node.append(el("p", "title", `fork ${first.fork}${round}: ${branches.length} independent ${branches.length === 1 ? "continuation" : "continuations"}`));
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
