//! Pages in a real browser. Skipped, visibly, where no Chromium is installed.

use crate::format::{Format, Options, fixtures, render};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::{fs, path::PathBuf, process::Command};

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
    let Some(program) = chromium() else {
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("skipped: no Chromium on the path; set CHROMIUM to one");
        }
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

fn page() -> String {
    render(Format::Html, &fixtures::everything().report(), &Options::default()).expect("the page renders")
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
