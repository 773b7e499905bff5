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
  } else if (event.key === "f") {
    $("interest").value = $("interest").value === "failed" ? "" : "failed";
    apply();
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

// Shows the trial that the address names, whatever the filters say.
function follow() {
  if (!location.hash.startsWith("#trial/")) return;
  const trial = data.trials.find((each) => addressOf(each) === location.hash);
  if (!trial) {
    $("detail").replaceChildren(el("p", "nothing", "The trial in the address is not on this page."));
    return;
  }
  if (!state.rows.includes(trial)) { $("filters").reset(); fillDependent(); apply(); }
  $("transcripts").scrollIntoView({ block: "start" });
  select(state.rows.indexOf(trial), true);
}

function start() {
  startTheme();
  for (const node of document.querySelectorAll("#filters, .panes, .keys")) node.hidden = false;
  fillFilters();
  let wait = 0;
  $("query").addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(apply, 120); });
  $("filters").addEventListener("submit", (event) => { event.preventDefault(); apply(); });
  $("probe").addEventListener("change", () => { fillDependent(); apply(); });
  for (const id of ["arm", "grade", "interest"]) $(id).addEventListener("change", apply);
  $("clear").addEventListener("click", () => { $("filters").reset(); fillDependent(); apply(); });
  startPanes();
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
  addEventListener("hashchange", follow);
  apply();
  follow();
}

start();
