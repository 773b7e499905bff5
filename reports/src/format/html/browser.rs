//! Pages in a real browser. Skipped, visibly, where no Chromium is installed.

use crate::format::{Format, FormatOptions, fixtures, render};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::{fs, io::Write, path::PathBuf, process::Command};

/// `$CHROMIUM`, or the first of the usual names on the path.
fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

/// What the reader of a page does. The functions wait for what the page does later on.
const HANDS: &str = r#"
const errors = [];
addEventListener("error", (event) => errors.push(String(event.message)));
addEventListener("securitypolicyviolation", (event) => errors.push("refused " + event.violatedDirective));
const pause = () => new Promise((done) => setTimeout(done, 300));
const press = (key) => { (document.activeElement || document.body).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })); };
const pick = (node, value) => { node.value = value; node.dispatchEvent(new Event("change", { bubbles: true })); };
const type = async (node, text) => { node.value = text; node.dispatchEvent(new Event("input", { bubbles: true })); await pause(); };
const seen = [];
const see = (what) => seen.push(String(what));
addEventListener("load", async () => {
  try { await act(); } catch (error) { errors.push("act: " + error); }
  document.documentElement.dataset.seen = seen.join("|");
  document.documentElement.dataset.errors = errors.join("|");
});
"#;

/// A page after its script has run, opened at an address.
pub(in crate::format) struct Visit {
    /// What it has become.
    pub(in crate::format) dom: String,
    /// What `act` has shown to `see`.
    pub(in crate::format) seen: Vec<String>,
}

/// Opens a page and does something to it: `act` is the body of an asynchronous function that may `press` a key,
/// `pick` a choice, `type` a text and `see` what there is. Nothing may go wrong meanwhile. None where there is no
/// browser.
pub(in crate::format) fn visit(page: &str, hash: &str, act: &str) -> Option<Visit> {
    visit_preferring("light", page, hash, act)
}

/// [`visit`] by a reader whose system asks for light or dark pages.
pub(in crate::format) fn visit_preferring(theme: &str, page: &str, hash: &str, act: &str) -> Option<Visit> {
    let Some(program) = chromium() else {
        // Written past the test harness, which hides what a test that passes prints.
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let skipped = format!("SKIPPED {test}: no Chromium on the path; set CHROMIUM to one\n");
        std::io::stderr().write_all(skipped.as_bytes()).expect("standard error can be written");
        return None;
    };
    // The page's policy forbids this script as any other; for the test it is let in by its hash.
    let script = format!("{HANDS}\nasync function act() {{ {act} }}");
    let allowed = format!("script-src 'sha256-{}' ", STANDARD.encode(Sha256::digest(script.as_bytes())));
    let page = page.replacen("script-src ", &allowed, 1);
    let page = page.replacen("<title>", &format!("<script>{script}</script><title>"), 1);
    let folder = tempfile::tempdir().expect("a folder for the page");
    let file = folder.path().join("page.html");
    fs::write(&file, page).expect("the page is written");
    let output = Command::new(program)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-sync", "--disable-background-networking", "--disable-component-update"])
        .args(["--virtual-time-budget=20000", "--enable-logging=stderr"])
        .arg(format!("--blink-settings=preferredColorScheme={}", u8::from(theme == "light")))
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg("--dump-dom")
        .arg(format!("file://{}{hash}", file.display()))
        .output()
        .expect("the browser starts");
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    let console: Vec<&str> = said.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(console.is_empty(), "the console stays empty: {console:?}");
    let attribute = |name: &str| {
        let (_, rest) = dom.split_once(&format!("data-{name}=\"")).expect("the page was acted on");
        rest.split_once('"').expect("the attribute ends").0.to_owned()
    };
    assert_eq!(attribute("errors"), "", "nothing goes wrong in the page");
    let seen = attribute("seen").split('|').map(str::to_owned).collect();
    Some(Visit { dom, seen })
}

/// Checks that every text of the page can be read: whether a reader prefers a light or a dark page, it stands out from
/// what is behind it by the 4.5 to 1 that WCAG 2.2 asks for.
pub(in crate::format) const CONTRAST: &str = r#"
    const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const over = (top, below) => { const a = top[3] ?? 1; return [0, 1, 2].map((i) => top[i] * a + below[i] * (1 - a)); };
    const behind = (node) => {
        const layers = [];
        for (let at = node; at; at = at.parentElement) {
            const colour = parse(getComputedStyle(at).backgroundColor);
            layers.unshift(colour);
        }
        return layers.reduce((below, top) => over(top, below), [255, 255, 255]);
    };
    const faint = new Set();
    let texts = 0;
    for (const node of document.querySelectorAll("body *")) {
        const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
        if (!own || !node.checkVisibility() || node.closest("svg, option")) continue;
        texts += 1;
        const back = behind(node), front = over(parse(getComputedStyle(node).color), back);
        const [high, low] = [light(front), light(back)].sort((a, b) => b - a);
        const ratio = (high + 0.05) / (low + 0.05);
        if (ratio < 4.5) faint.add(node.tagName.toLowerCase() + "." + node.className + " " + ratio.toFixed(2));
    }
    see(texts > 50); see([...faint].join(", "));
    see(light(behind(document.body)) > 0.5 ? "light" : "dark");
"#;

fn page() -> String {
    render(Format::Html, &fixtures::everything().report(), &FormatOptions::default())
        .expect("the page renders")
}

/// What stands in the pane of the chosen transcript.
pub(in crate::format) fn detail(dom: &str) -> &str {
    let (_, rest) = dom.split_once("id=\"detail\"").expect("the pane is there");
    rest.split_once("</article>").expect("the pane ends").0
}

#[test]
fn the_page_runs_its_own_script_and_nothing_else() {
    let hash = "#trial/hostile.text/case-%3Ci%3E1%3C%2Fi%3E//0";
    let Some(visit) = visit(&page(), hash, "") else { return };
    assert_eq!(visit.dom.matches("role=\"option\"").count(), 8, "a row for every trial");
    let shown = detail(&visit.dom);
    assert!(shown.contains("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x"), "{shown}");
    assert!(!visit.dom.contains("<img") && !visit.dom.contains("<i>1</i>"));
}

#[test]
fn an_address_shows_its_trial_with_its_forks() {
    let Some(visit) = visit(&page(), "#trial/superposition.reveal/garden/open/0", "") else { return };
    let shown = detail(&visit.dom);
    assert_eq!(shown.matches("class=\"fork\"").count(), 2, "{shown}");
    assert_eq!(shown.matches("class=\"branch\"").count(), 6);
    assert!(shown.contains("no answer in 5 s"), "the failed branch shows what the engine said");
}

#[test]
fn keys_and_filters_choose_transcripts() {
    let act = r#"
        const chosen = () => $("detail").querySelector("p.muted").textContent.match(/sample \d/)[0];
        see(chosen()); press("j"); see(chosen()); press("k"); see(chosen());
        press("f"); see(document.querySelectorAll(".row").length); press("f");
        press("/"); see(document.activeElement.id);
        await type($("query"), "formally"); see(document.querySelectorAll(".row").length);
        press("Escape"); see(document.activeElement.id + document.querySelectorAll(".row").length);
    "#;
    let Some(visit) = visit(&page(), "", act) else { return };
    assert_eq!(visit.seen, ["sample 0", "sample 1", "sample 0", "2", "query", "2", "list8"]);
}

#[test]
fn every_text_can_be_read_on_a_light_and_on_a_dark_page() {
    for theme in ["light", "dark"] {
        let hash = "#trial/superposition.reveal/garden/open/0";
        let Some(visit) = visit_preferring(theme, &page(), hash, CONTRAST) else { return };
        assert_eq!(visit.seen, ["true", "", theme], "enough texts, none that is faint, and the theme");
    }
}
