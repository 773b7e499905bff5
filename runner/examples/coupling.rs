//! How much of the noise between two versions of a model coupled sampling takes away, per family of probes and score.
//!
//! ```sh
//! cargo run -p runner --example coupling -- BASE HEAD [HEAD_WITH_ANOTHER_SEED]
//! ```
//!
//! BASE and HEAD are run directories made with one seed, and at least two samples a case. `difference` is the variance of
//! the paired difference within a case, `independent` what it would be without coupling (the sum of the variances of
//! both), and `ratio` their quotient. With a third directory, the variance that independent runs in truth have is
//! measured, too, as `measured`; it has to be near `independent`. Of a family, `ratio` is the mean over scores, weighted by
//! degrees of freedom, and `pooled` the quotient of summed variances, which means something where scores have one unit.

#![expect(clippy::print_stdout, reason = "it is all that the program does")]

use reports::{
    Digest, Side,
    compare::{CompareOptions, Versus, WithinCase},
    summary::family_of,
};
use runner::store::RunDirectory;
use std::{collections::BTreeMap, error::Error, path::Path};

fn side(path: &str) -> Result<Side, Box<dyn Error>> {
    let record = RunDirectory::at(Path::new(path)).record()?;
    Ok(Side::of(path, Digest::of(&record)?)?)
}

/// Sums over scores of one family.
#[derive(Default)]
struct Family {
    ratios: f64,
    difference: f64,
    independent: f64,
    measured: f64,
    freedom: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (base, heads) = match arguments.as_slice() {
        [base, heads @ ..] if !heads.is_empty() && heads.len() <= 2 => (side(base)?, heads),
        _ => return Err("give BASE HEAD, and perhaps the head with another seed".into()),
    };
    let heads = heads.iter().map(|path| side(path)).collect::<Result<Vec<_>, _>>()?;
    // Intervals and tests are not what is asked for.
    let options = CompareOptions { replicates: 100, permutations: 100, ..CompareOptions::default() };
    let comparison = reports::compare(&base, &heads, &options)?;
    let Some(coupled) = comparison.heads.first() else { return Err("nothing was compared".into()) };
    let other = comparison.heads.get(1);
    for versus in &comparison.heads {
        let (name, trials) = (&versus.head.name, versus.trials.common);
        println!("{name}: coupled: {}; {trials} pairs of trials", versus.comparability.coupled);
        if versus.comparability.refused {
            return Err("the records do not measure the same; see `grice compare`".into());
        }
    }
    println!(
        "{:40} {:16} {:>8} {:>10} {:>11} {:>6} {:>9}",
        "probe", "score", "freedom", "difference", "independent", "ratio", "measured"
    );
    let mut families: BTreeMap<&str, Family> = BTreeMap::new();
    for (probe, score, found) in scores(coupled) {
        let Some(ratio) = found.ratio() else { continue };
        let measured = other.and_then(|other| {
            let mut scores = scores(other);
            scores.find(|(id, name, _)| (*id, *name) == (probe, score)).map(|(.., found)| found.difference)
        });
        println!(
            "{probe:40} {score:16} {:>8} {:>10.4} {:>11.4} {ratio:>6.2} {:>9}",
            found.freedom,
            found.difference,
            found.independent,
            measured.map_or(String::new(), |measured| format!("{measured:.4}")),
        );
        let freedom = found.freedom as f64;
        for family in [family_of(probe), "all"] {
            let sums = families.entry(family).or_default();
            sums.ratios += ratio * freedom;
            sums.difference += found.difference * freedom;
            sums.independent += found.independent * freedom;
            sums.measured += measured.unwrap_or(0.0) * freedom;
            sums.freedom += freedom;
        }
    }
    println!("\n{:14} {:>8} {:>6} {:>7} {:>18}", "family", "freedom", "ratio", "pooled", "pooled, measured");
    for (family, sums) in families {
        let measured = other.map_or(String::new(), |_| format!("{:.2}", sums.measured / sums.independent));
        let (ratio, pooled) = (sums.ratios / sums.freedom, sums.difference / sums.independent);
        println!("{family:14} {:>8} {ratio:>6.2} {pooled:>7.2} {measured:>18}", sums.freedom);
    }
    Ok(())
}

fn scores(versus: &Versus) -> impl Iterator<Item = (&str, &str, &WithinCase)> {
    versus.probes.iter().flat_map(|probe| {
        probe.within_case.iter().map(|(score, found)| (probe.id.as_str(), score.as_str(), found))
    })
}
