//! How much paired samples of one case differ from each other, against samples that have nothing to do with each other.
//!
//! A cell is a case in an arm and a round; its samples are independent of each other, whether or not the two records
//! are coupled. So one pair of records tells both the variance of the paired difference, Var(H - B), and what it would
//! be without coupling, Var(H) + Var(B): their ratio is 1 minus the correlation for equal variances. Continuations of
//! a fork share a prefix, so they count with their mean; only where every case has one sample are they themselves what
//! varies, given that prefix. A label counts as one number per label, 0 or 1.

use super::result::WithinCase;
use scorers::metric::{Grade, Observation};
use std::collections::BTreeMap;

/// The variances of one score, of pairs in the same order; none where no cell has two samples, and no sample two
/// continuations.
pub(super) fn within(base: &[Observation], head: &[Observation]) -> Option<WithinCase> {
    by(base, head, |grade| ((grade.place.round, 0), grade.sample)).or_else(|| {
        by(base, head, |grade| ((grade.place.round, grade.sample), grade.place.branch.unwrap_or_default()))
    })
}

/// The same; `place` says which cell of its case and arm a grade is in, and which unit of that cell.
fn by(
    base: &[Observation],
    head: &[Observation],
    place: impl Fn(&Observation) -> ((Option<u32>, u32), u32),
) -> Option<WithinCase> {
    let mut sums = Sums::default();
    let mut cells: BTreeMap<(Option<u32>, u32), Cell> = BTreeMap::new();
    let mut case = None;
    for (one, other) in base.iter().zip(head) {
        if case != Some((one.case, one.arm)) {
            case = Some((one.case, one.arm));
            std::mem::take(&mut cells).into_values().for_each(|cell| sums.add(cell));
        }
        let (cell, unit) = place(one);
        cells.entry(cell).or_default().add(unit, one.grade, other.grade);
    }
    cells.into_values().for_each(|cell| sums.add(cell));
    let freedom = sums.freedom as f64;
    (sums.freedom > 0).then(|| WithinCase {
        freedom: sums.freedom,
        difference: sums.difference / freedom,
        independent: sums.independent / freedom,
    })
}

/// Sums of squares about the mean of their cell.
#[derive(Default)]
struct Sums {
    freedom: u64,
    difference: f64,
    independent: f64,
}

impl Sums {
    fn add(&mut self, mut cell: Cell) {
        cell.close();
        if cell.units < 2 {
            return;
        }
        let units = cell.units as f64;
        self.freedom += cell.units - 1;
        for [base, head, difference] in cell.coordinates.into_values() {
            self.difference += difference.about_mean(units);
            self.independent += base.about_mean(units) + head.about_mean(units);
        }
    }
}

/// A number per sample, summed.
#[derive(Clone, Copy, Default)]
struct Moments {
    sum: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.squares += value * value;
    }

    fn about_mean(&self, units: f64) -> f64 {
        (self.squares - self.sum * self.sum / units).max(0.0)
    }
}

/// One case in one arm and round. Coordinates are labels; what is no label has the coordinate 0.
#[derive(Default)]
struct Cell {
    units: u64,
    /// The unit that is being read, and how many grades of it.
    unit: Option<u32>,
    grades: u32,
    /// Sums over those grades, base and head.
    current: BTreeMap<u32, (f64, f64)>,
    /// Of the base, the head and the difference.
    coordinates: BTreeMap<u32, [Moments; 3]>,
}

impl Cell {
    fn add(&mut self, unit: u32, base: Grade, head: Grade) {
        let (Some(base), Some(head)) = (coordinate(base), coordinate(head)) else { return };
        if self.unit != Some(unit) {
            self.close();
            self.unit = Some(unit);
        }
        self.grades += 1;
        self.current.entry(base.0).or_default().0 += base.1;
        self.current.entry(head.0).or_default().1 += head.1;
    }

    fn close(&mut self) {
        if self.grades == 0 {
            return;
        }
        let grades = f64::from(self.grades);
        for (coordinate, (base, head)) in std::mem::take(&mut self.current) {
            let [of_base, of_head, of_difference] = self.coordinates.entry(coordinate).or_default();
            let (base, head) = (base / grades, head / grades);
            of_base.add(base);
            of_head.add(head);
            of_difference.add(head - base);
        }
        self.units += 1;
        self.grades = 0;
    }
}

fn coordinate(grade: Grade) -> Option<(u32, f64)> {
    match grade {
        Grade::Number(number) => Some((0, number)),
        Grade::Label(label) => Some((label, 1.0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scorers::Place;

    fn observation(case: u32, sample: u32, branch: Option<u32>, grade: Grade) -> Observation {
        let place = Place { round: None, branch };
        Observation { cluster: case, case, arm: 0, sample, place, grade }
    }

    fn numbers(values: &[(u32, f64)]) -> Vec<Observation> {
        let graded = (0..).zip(values);
        graded
            .map(|(sample, (case, value))| observation(*case, sample, None, Grade::Number(*value)))
            .collect()
    }

    #[test]
    fn variances_are_those_within_cases_worked_by_hand() {
        // Case 0: 1, 2, 3 against 2, 3, 4: variance 1 each, the difference never varies.
        // Case 1: 0, 4 against 4, 0: variance 8 each, the differences 4 and -4 have 32.
        let base = numbers(&[(0, 1.0), (0, 2.0), (0, 3.0), (1, 0.0), (1, 4.0), (2, 9.0)]);
        let head = numbers(&[(0, 2.0), (0, 3.0), (0, 4.0), (1, 4.0), (1, 0.0), (2, 0.0)]);
        let found = within(&base, &head).unwrap();
        assert_eq!(found.freedom, 3);
        assert!((found.difference - 32.0 / 3.0).abs() < 1e-12);
        assert!((found.independent - (2.0 + 2.0 + 8.0 + 8.0) / 3.0).abs() < 1e-12);
        assert!((found.ratio().unwrap() - 32.0 / 20.0).abs() < 1e-12);
    }

    #[test]
    fn branches_count_with_their_mean_and_labels_as_indicators() {
        let base: Vec<Observation> = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1)]
            .map(|(sample, branch, label)| observation(0, sample, Some(branch), Grade::Label(label)))
            .into();
        // Means: half label 0 and half label 1, then all label 1: each indicator has variance 1/8.
        let found = within(&base, &base).unwrap();
        assert_eq!((found.freedom, found.difference), (1, 0.0));
        assert!((found.independent - 4.0 / 8.0).abs() < 1e-12);
    }

    #[test]
    fn one_sample_a_case_has_no_variance() {
        let one = numbers(&[(0, 1.0), (1, 2.0)]);
        assert_eq!(within(&one, &one), None);
        // But continuations of one sample do.
        let fork: Vec<Observation> =
            [0.0, 1.0].map(|value| observation(0, 0, Some(value as u32), Grade::Number(value))).into();
        assert_eq!(
            within(&fork, &fork).unwrap(),
            WithinCase { freedom: 1, difference: 0.0, independent: 1.0 }
        );
        let same = numbers(&[(0, 1.0), (0, 1.0)]);
        assert_eq!(within(&same, &same).unwrap().ratio(), None);
    }
}
