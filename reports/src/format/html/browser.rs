//! The page in a real browser. Skipped, visibly, where no Chromium is installed.

use crate::format::{Format, Options, fixtures, render};
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

/// The page after its script has run, opened at an address; none where there is no browser.
fn opened_at(hash: &str) -> Option<String> {
    let Some(program) = chromium() else {
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("skipped: no Chromium on the path; set CHROMIUM to one");
        }
        return None;
    };
    let folder = tempfile::tempdir().expect("a folder for the page");
    let page = folder.path().join("report.html");
    let text = render(Format::Html, &fixtures::everything().report(), &Options::default());
    fs::write(&page, text.expect("the page renders")).expect("the page is written");
    let output = Command::new(program)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--virtual-time-budget=3000"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg("--dump-dom")
        .arg(format!("file://{}{hash}", page.display()))
        .output()
        .expect("the browser starts");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What stands in the pane of the chosen transcript.
fn detail(dom: &str) -> &str {
    let (_, rest) = dom.split_once("id=\"detail\"").expect("the pane is there");
    rest.split_once("</article>").expect("the pane ends").0
}

#[test]
fn the_page_runs_its_own_script_and_nothing_else() {
    let Some(dom) = opened_at("#trial/hostile.text/case-%3Ci%3E1%3C%2Fi%3E//0") else { return };
    assert_eq!(dom.matches("role=\"option\"").count(), 8, "a row for every trial");
    let shown = detail(&dom);
    assert!(shown.contains("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x"), "{shown}");
    assert!(!dom.contains("<img") && !dom.contains("<i>1</i>"));
}

#[test]
fn an_address_shows_its_trial_with_its_forks() {
    let Some(dom) = opened_at("#trial/superposition.reveal/garden/open/0") else { return };
    let shown = detail(&dom);
    assert_eq!(shown.matches("class=\"fork\"").count(), 2, "{shown}");
    assert_eq!(shown.matches("class=\"branch\"").count(), 6);
    assert!(shown.contains("no answer in 5 s"), "the failed branch shows what the engine said");
}
