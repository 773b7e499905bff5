// The pairs of transcripts: choices that hold for the whole page, and the rows of the list.
const addressOf = (pair) => "#pair/" + [pair.head, probeOf(pair).id, pair.case, pair.arm, pair.sample].map(encodeURIComponent).join("/");
const choices = { verdict: "", family: "", head: "", gated: "" };
const metricOf = (found) => data.metrics[found.metric];
const metricName = (metric) => data.probes[metric.probe].id + "/" + metric.name;
const placeOf = (found) => (found.round ? `, round ${found.round}` : "") + (found.branch === undefined ? "" : `, branch ${found.branch + 1}`);

function textOf(pair) {
  if (pair.folded === undefined) {
    const rows = (pair.rows || []).concat(...(pair.forks || []).flatMap((fork) => fork.branches.map((branch) => branch.rows)));
    const said = rows.flatMap((row) => [row.both, row.base, row.head]).filter((turn) => turn).map((turn) => turn.text);
    pair.folded = [probeOf(pair).id, nameOf(pair), ...pair.found.map((found) => metricOf(found).name), ...said].join("\n").toLowerCase();
  }
  return pair.folded;
}

// ---- choices ----------------------------------------------------------------------------------

function startChoices() {
  const families = [...new Set(data.metrics.map((metric) => metric.family))];
  const words = [...new Set(data.metrics.map((metric) => metric.verdict))].sort();
  const values = {
    verdict: [["differs", "any difference"]].concat(words.map((word) => [word, word === "–" ? "not judged" : word])),
    family: families.map((family) => [family, family]),
    head: data.heads.map((name, index) => [String(index), name]),
    gated: [["true", "gated only"], ["false", "others only"]],
  };
  const first = { verdict: "every verdict", family: "all families", head: "all versions", gated: "all metrics" };
  for (const node of document.querySelectorAll("select[data-choice]")) {
    const name = node.dataset.choice;
    fill(node, first[name], values[name]);
    node.addEventListener("change", () => choose(name, node.value));
  }
  for (const form of document.querySelectorAll("form.choices")) {
    form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
    form.addEventListener("reset", (event) => { event.preventDefault(); clearChoices(); apply(); });
  }
}

function choose(name, value) {
  choices[name] = value;
  for (const node of document.querySelectorAll(`select[data-choice="${name}"]`)) node.value = value;
  fillMetrics();
  apply();
}

function clearChoices() {
  for (const name of Object.keys(choices)) {
    choices[name] = "";
    for (const node of document.querySelectorAll(`select[data-choice="${name}"]`)) node.value = "";
  }
  $("query").value = "";
  fillMetrics();
  $("metric").value = "";
}

function chosen(metric) {
  if (choices.verdict === "differs" ? !metric.changed : choices.verdict && metric.verdict !== choices.verdict) return false;
  if (choices.family && metric.family !== choices.family) return false;
  if (choices.head && metric.head !== Number(choices.head)) return false;
  return !choices.gated || String(metric.gated) === choices.gated;
}

// The metrics that have a pair on this page and that the other choices leave.
function fillMetrics() {
  const held = new Map();
  for (const pair of data.pairs) for (const found of pair.found) held.set(found.metric, (held.get(found.metric) || 0) + 1);
  const several = data.heads.length > 1;
  const name = (metric) => metricName(metric) + (several ? ` (${data.heads[metric.head]})` : "");
  const left = data.metrics.map((metric, index) => [metric, index]).filter(([metric, index]) => held.has(index) && chosen(metric));
  fill($("metric"), "all metrics", left.map(([metric, index]) => [String(index), `${name(metric)}: ${metric.verdict}`]));
}

function matches(pair) {
  const metric = $("metric").value;
  const fits = (found) => (metric === "" || found.metric === Number(metric)) && chosen(metricOf(found));
  return pair.found.some(fits) && (!state.needle || textOf(pair).includes(state.needle));
}

// Hides the rows of metrics that are not chosen, and headings over nothing.
function applyToTables() {
  let shown = 0, all = 0;
  for (const head of document.querySelectorAll("section.head")) {
    let any = false;
    for (const family of head.querySelectorAll(".family")) {
      let visible = 0;
      for (const row of family.querySelectorAll("tr.metric")) {
        const metric = { verdict: row.dataset.verdict, changed: row.dataset.changed === "true",
          family: family.dataset.family, head: Number(head.dataset.head), gated: row.dataset.gated === "true" };
        row.hidden = !chosen(metric);
        visible += row.hidden ? 0 : 1;
        all += 1;
      }
      for (const body of family.querySelectorAll("tbody")) body.hidden = !body.querySelector("tr.metric:not([hidden])");
      for (const fold of family.querySelectorAll("details.exploration")) fold.hidden = !fold.querySelector("tr.metric:not([hidden])");
      family.hidden = visible === 0;
      any = any || visible > 0;
      shown += visible;
    }
    head.hidden = Boolean(choices.head) && head.dataset.head !== choices.head;
  }
  const text = shown === all ? "" : `${shown} of ${all} rows`;
  if ($("rows-shown").textContent !== text) $("rows-shown").textContent = text;
}

function apply() {
  const before = state.rows[state.current];
  state.needle = $("query").value.trim().toLowerCase();
  applyToTables();
  state.rows = data.pairs.filter(matches);
  const metric = $("metric").value;
  if (metric !== "") {
    // In the order of the metric's own list: what differs most comes first.
    const rank = (pair) => pair.found.find((found) => found.metric === Number(metric)).rank;
    state.rows.sort((one, other) => rank(one) - rank(other));
  }
  state.rendered = 0;
  $("list").replaceChildren();
  const all = data.pairs.length, grouped = (count) => count.toLocaleString("en");
  $("count").textContent = (state.rows.length === all ? "" : grouped(state.rows.length) + " of ") + grouped(all);
  if (state.rows.length === 0) {
    $("list").append(el("p", "nothing", all ? "No pair of transcripts matches." : "No grade differs between the records."));
    $("detail").replaceChildren();
    state.current = -1;
    return;
  }
  more();
  select(Math.max(0, state.rows.indexOf(before)), false);
}

// ---- list -------------------------------------------------------------------------------------

// The difference of grades that a row shows: that of the chosen metric, or the first that is left.
function leading(pair) {
  const metric = $("metric").value;
  const fits = (found) => (metric === "" || found.metric === Number(metric)) && chosen(metricOf(found));
  return pair.found.find(fits) || pair.found[0];
}

function row(index) {
  const pair = state.rows[index];
  const node = el("div", "row");
  node.id = "row-" + index;
  node.setAttribute("role", "option");
  node.setAttribute("aria-selected", "false");
  node.dataset.index = index;
  const what = el("div", "what");
  what.append(el("b", "", nameOf(pair)), el("span", "muted", "#" + pair.sample));
  const found = leading(pair), metric = metricOf(found);
  const where = metricName(metric) + (data.heads.length > 1 ? ` · ${data.heads[pair.head]}` : "");
  const change = el("div", "change");
  change.append(found.score + placeOf(found) + ": ", el("b", "", found.base), el("span", "arrow", " → "), el("b", "", found.head));
  node.append(what, el("div", "where", where), change);
  node.setAttribute("aria-label", `${nameOf(pair)}, sample ${pair.sample}, ${metricName(metric)}: ${found.base} in the base, ${found.head} in the head`);
  return node;
}
