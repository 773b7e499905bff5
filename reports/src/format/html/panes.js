// A list of rows beside a pane that shows the chosen one. `row`, `show` and `addressOf` are the page's own.
const CHUNK = 200;
const state = { rows: [], rendered: 0, current: -1, needle: "" };

function more() {
  const end = Math.min(state.rendered + CHUNK, state.rows.length);
  const part = document.createDocumentFragment();
  for (; state.rendered < end; state.rendered++) part.append(row(state.rendered));
  $("list").append(part);
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

// Moves the choice where a key says so.
function moved(event) {
  const onList = document.activeElement === $("list");
  const page = Math.max(1, Math.floor($("list").clientHeight / 70));
  const moves = { j: 1, k: -1 };
  const listMoves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
  const by = moves[event.key] || (onList && listMoves[event.key]);
  if (!by) return false;
  if (!onList) $("transcripts").scrollIntoView({ block: "start" });
  select(Math.min(Math.max(state.current + by, 0), state.rows.length - 1), true);
  return true;
}

function startPanes() {
  $("list").addEventListener("click", (event) => {
    const node = event.target.closest(".row");
    if (node) select(Number(node.dataset.index), true);
  });
  $("list").addEventListener("scroll", () => {
    const list = $("list");
    if (list.scrollTop + list.clientHeight > list.scrollHeight - 800 && state.rendered < state.rows.length) more();
  });
}
