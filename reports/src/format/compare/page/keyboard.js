// Keys, links and the start of it all.
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
  if (event.key === "Escape") {
    if (document.activeElement === $("query") && $("query").value) { $("query").value = ""; apply(); }
    $("list").focus();
    return;
  }
  if (typing) return;
  if (moved(event)) {
    event.preventDefault();
    return;
  }
  if (event.key === "/") {
    $("transcripts").scrollIntoView({ block: "start" });
    $("query").focus();
  } else if (event.key === "r") {
    choose("verdict", choices.verdict === "regressed" ? "" : "regressed");
  } else if (event.key === "g" && document.querySelector('select[data-choice="gated"]')) {
    choose("gated", choices.gated === "true" ? "" : "true");
  } else if (event.key === "m") {
    const node = $("metric");
    node.selectedIndex = (node.selectedIndex + 1) % node.options.length;
    apply();
    select(0, true);
  } else if (event.key === "e") {
    const all = [...document.querySelectorAll(".branch")];
    const open = all.some((branch) => !branch.open);
    all.forEach((branch) => { branch.open = open; });
  } else if (event.key === "Enter" && document.activeElement === $("list")) {
    $("detail").focus();
  } else {
    return;
  }
  event.preventDefault();
}

// Shows the pair that the address names, whatever the choices say.
function follow() {
  // A metric in a closed fold.
  const target = location.hash.startsWith("#metric-") && document.getElementById(location.hash.slice(1));
  const fold = target && target.closest("details.exploration");
  if (fold && !fold.open) { fold.open = true; target.scrollIntoView(); }
  if (!location.hash.startsWith("#pair/")) return;
  let parts;
  try {
    parts = location.hash.slice(6).split("/").map(decodeURIComponent);
  } catch { return; /* an address that nobody has written */ }
  const [head, probe, name, arm, sample] = parts;
  const is = (pair) => pair.head === Number(head) && probeOf(pair).id === probe && pair.case === name
    && pair.arm === arm && pair.sample === Number(sample);
  const pair = data.pairs.find(is);
  if (!pair) {
    $("detail").replaceChildren(el("p", "nothing", "The trial in the address is not on this page."));
    return;
  }
  if (!state.rows.includes(pair)) { clearChoices(); apply(); }
  $("transcripts").scrollIntoView({ block: "start" });
  select(state.rows.indexOf(pair), true);
}

function start() {
  startTheme();
  for (const node of document.querySelectorAll("form.choices, .panes, .keys")) node.hidden = false;
  startChoices();
  fillMetrics();
  let wait = 0;
  $("query").addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(apply, 120); });
  $("metric").addEventListener("change", apply);
  startPanes();
  for (const link of document.querySelectorAll("a[data-metric]")) {
    link.addEventListener("click", () => {
      const index = data.metrics.findIndex((metric) => metric.anchor === link.dataset.metric);
      clearChoices();
      $("metric").value = String(index);
      apply();
      select(0, false);
    });
  }
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", follow);
  apply();
  follow();
}

start();
