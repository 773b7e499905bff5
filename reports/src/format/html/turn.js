// One turn with its grades. A trial here is anything whose probe `probeOf` knows.
const probeOf = (trial) => data.probes[trial.probe];
const scoreName = (trial, grade) => probeOf(trial).scores[grade.score][0];
// Cases that run in one arm only often have its name in theirs.
const nameOf = (trial) => trial.case + (trial.arm && !trial.case.endsWith("-" + trial.arm) ? " @ " + trial.arm : "");
const sameRound = (one, two) => (one === undefined ? null : one) === (two === undefined ? null : two);

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
