// Filters and keys of a history.
const trends = [...document.querySelectorAll(".trend")];
const state = { needle: "" };
let current = -1;

function apply() {
  const needle = $("query").value.trim().toLowerCase(), family = $("family").value, show = $("show").value;
  let shown = 0;
  for (const node of trends) {
    const fits = (!family || node.dataset.family === family) && (!show || node.dataset[show] === "true")
      && (!needle || node.querySelector("h3").textContent.toLowerCase().includes(needle));
    node.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  $("count").textContent = (shown === trends.length ? "" : shown + " of ") + trends.length;
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") { document.activeElement.blur(); return; }
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
  const visible = trends.filter((node) => !node.hidden);
  if ((event.key === "j" || event.key === "k") && visible.length) {
    const at = visible.indexOf(trends[current]) + (event.key === "j" ? 1 : -1);
    const node = visible[Math.min(Math.max(at, 0), visible.length - 1)];
    current = trends.indexOf(node);
    node.scrollIntoView({ block: "start" });
    node.focus({ preventScroll: true });
  } else if (event.key === "/") {
    $("query").focus();
  } else if (event.key === "c") {
    $("show").value = $("show").value === "changed" ? "" : "changed";
    apply();
  } else {
    return;
  }
  event.preventDefault();
}

startTheme();
for (const node of document.querySelectorAll("#filters, .keys")) node.hidden = false;
fill($("family"), "all families", [...new Set(trends.map((node) => node.dataset.family))].map((name) => [name, name]));
$("query").addEventListener("input", apply);
for (const id of ["family", "show"]) $(id).addEventListener("change", apply);
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("reset", () => setTimeout(apply, 0));
document.addEventListener("keydown", onKey);
apply();
