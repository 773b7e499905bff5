// One trial in both records: turns side by side, the place where they part, grades, forks.

// A turn of one side whose text is cut into what is the same and what differs.
function sideTurn(pair, turn, grades, others) {
  const node = turnNode(pair, turn, []);
  if (turn.parts && turn.text.trim() !== "") {
    const said = node.querySelector(".said");
    const [before, middle, after] = turn.parts;
    const differs = marked(el("span", "differs"), middle);
    said.replaceChildren(marked(el("span"), before), ...(middle ? [differs] : []), marked(el("span"), after));
  }
  if (grades.length) node.append(gradeList(pair, grades, others));
  return node;
}

const placeKey = (grade) => JSON.stringify([grade.score, grade.fork || null, grade.branch === undefined ? null : grade.branch, grade.round || null]);

// Grades as chips; those that the other side has differently stand out.
function gradeList(pair, grades, others) {
  const list = el("ul", "grades");
  for (const grade of grades) list.append(pairChip(pair, grade, others, "li"));
  return list;
}

function pairChip(pair, grade, others, tag) {
  const chip = gradeChip(pair, grade, tag);
  const other = others.find((each) => placeKey(each) === placeKey(grade));
  if (other && other.value !== grade.value) {
    chip.classList.add("other");
    chip.title = "differs from the other side";
  }
  return chip;
}

function rowNodes(pair, line, gradesOf) {
  const nodes = [];
  if (line.first) nodes.push(el("div", "parting", "here they part"));
  if (line.both) {
    const node = el("div", "both");
    const [base, head] = gradesOf(line.both);
    const same = JSON.stringify(base.map((grade) => [placeKey(grade), grade.value])) === JSON.stringify(head.map((grade) => [placeKey(grade), grade.value]));
    const turn = sideTurn(pair, line.both, same ? base : [], []);
    turn.querySelector(".meta").append(el("span", "", "the same in both"));
    if (!same) {
      const both = el("div", "sides");
      both.append(gradeList(pair, base, head), gradeList(pair, head, base));
      turn.append(both);
    }
    node.append(turn);
    nodes.push(node);
    return nodes;
  }
  for (const [index, side] of ["base", "head"].entries()) {
    const node = el("div", "side" + (line.first ? " first" : ""));
    const turn = line[side];
    if (turn) {
      const grades = gradesOf(turn);
      node.append(sideTurn(pair, turn, grades[index], grades[1 - index]));
    } else if (absentSide(pair, index)) {
      node.append(el("p", "nothing-said", "no transcript"));
    } else {
      node.append(el("p", "nothing-said", "nothing was said here"));
    }
    nodes.push(node);
  }
  return nodes;
}

const absentSide = (pair, index) => (pair.absent || []).some((text) => text.startsWith("No transcript of the " + ["base", "head"][index]));

function pairFork(pair, fork, used) {
  const node = el("div", "pair-fork");
  const round = fork.round ? `, round ${fork.round}` : "";
  node.append(el("p", "title", `fork ${fork.fork}${round}: independent continuations, paired by their number`));
  const gradesOf = (branch) => pair.grades.map((grades) => grades.filter((grade) => grade.fork === fork.fork
    && grade.branch === branch.index && sameRound(grade.round, fork.round)));
  const marks = fork.branches.map(gradesOf);
  const scores = new Set(marks.flat(2).map((grade) => grade.score));
  for (const score of scores) {
    const tallies = el("div", "tallies");
    for (const side of [0, 1]) tallies.append(tallyOf(pair, score, marks.flatMap((mark) => mark[side]).filter((grade) => grade.score === score)));
    node.append(tallies);
  }
  fork.branches.forEach((branch, index) => {
    const item = el("details", "branch");
    const head = el("summary", "", `branch ${branch.index + 1} `);
    const grades = el("span", "versus-grades");
    const [base, other] = marks[index];
    for (const grade of base) { grades.append(pairChip(pair, grade, other, "span")); used.add(grade); }
    if (base.length || other.length) grades.append(el("span", "arrow", "→"));
    for (const grade of other) { grades.append(pairChip(pair, grade, base, "span")); used.add(grade); }
    head.append(grades);
    const sides = el("div", "sides");
    for (const line of branch.rows) sides.append(...rowNodes(pair, line, () => [[], []]));
    item.append(head, sides);
    const wanted = leading(pair);
    if (wanted.branch === branch.index && sameRound(wanted.round, fork.round)) item.open = true;
    const said = branch.rows.flatMap((line) => [line.both, line.base, line.head]).filter((turn) => turn);
    if (state.needle && said.some((turn) => turn.text.toLowerCase().includes(state.needle))) item.open = true;
    node.append(item);
  });
  return node;
}

// How the branches of one side were graded, as bars.
function tallyOf(pair, score, grades) {
  const counts = new Map();
  for (const grade of grades) {
    const entry = counts.get(grade.value) || { count: 0, class: grade.class };
    entry.count += 1;
    counts.set(grade.value, entry);
  }
  const node = el("div", "tally");
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", probeOf(pair).scores[score][0]);
  const sorted = [...counts].sort((a, b) => b[1].count - a[1].count || (a[0] < b[0] ? -1 : 1)).slice(0, 12);
  for (const [value, entry] of sorted) {
    const bar = el("div", "bar " + entry.class);
    bar.style.width = (100 * entry.count / grades.length).toFixed(1) + "%";
    node.append(el("span", "", `${probeOf(pair).scores[score][0]}: ${value}`), bar, el("span", "muted", `${entry.count}`));
  }
  return node;
}

function show(pair) {
  const nodes = [el("h3", "", `${nameOf(pair)} #${pair.sample}`)];
  nodes.push(el("p", "muted", probeOf(pair).id));
  const list = el("ul", "found");
  for (const found of pair.found) {
    const metric = metricOf(found), line = el("li");
    const link = el("a", "", metric.name);
    link.href = "#" + metric.anchor;
    line.append(link, ` (${metric.verdict}): ${found.score}${placeOf(found)} `, el("b", "", found.base), el("span", "arrow", " → "), el("b", "", found.head));
    list.append(line);
  }
  nodes.push(list);
  for (const text of pair.absent || []) nodes.push(el("p", "note", text));
  const used = new Set();
  const sides = el("div", "sides");
  const rows = pair.rows || [], forks = pair.forks || [];
  if (rows.length || forks.length) {
    sides.append(el("div", "sides-head", `base: ${data.base}`), el("div", "sides-head", `head: ${data.heads[pair.head]}`));
  }
  const forksAt = (place) => forks.filter((fork) => Math.min(fork.after, rows.length) === place).map((fork) => pairFork(pair, fork, used));
  const gradesOf = (turn) => pair.grades.map((grades) => {
    const own = grades.filter((grade) => grade.branch === undefined && turn.name
      && probeOf(pair).scores[grade.score][1] === turn.name && sameRound(grade.round, turn.round));
    own.forEach((grade) => used.add(grade));
    return own;
  });
  sides.append(...forksAt(0));
  rows.forEach((line, index) => sides.append(...rowNodes(pair, line, gradesOf), ...forksAt(index + 1)));
  nodes.push(sides);
  const rest = pair.grades.map((grades) => grades.filter((grade) => !used.has(grade)));
  if (rest.some((grades) => grades.length)) {
    const both = el("div", "sides");
    both.append(gradeList(pair, rest[0], rest[1]), gradeList(pair, rest[1], rest[0]));
    nodes.push(el("p", "muted", "Grades without a turn of their own"), both);
  }
  $("detail").replaceChildren(...nodes);
}
