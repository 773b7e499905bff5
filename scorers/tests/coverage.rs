//! A small part of the simulation in `examples/coverage`: intervals of differences hold the truth at ceilings, in the middle,
//! with few cases and with shared luck. With 300 runs a coverage of 95 % wavers by 1.3.

#[path = "../examples/coverage/grid.rs"]
mod grid;
#[path = "../examples/coverage/worlds.rs"]
mod worlds;

use grid::{Grid, Held, NAMES};
use worlds::{Cases, World, holds, metrics, prepared, table};

const RUNS: u32 = 300;

/// How often the intervals of the differences hold the truth, in the order of [`NAMES`].
fn coverage(world: World) -> [f64; 3] {
    let (metrics, mut random) = (metrics(), world.random(12));
    let truths = world.rates.map(grid::truths);
    let mut held = [Held::default(); 3];
    for _ in 0..RUNS {
        let cases = world.draw(&mut random);
        let of = |model| prepared(&metrics, &table(&cases, model), &NAMES).expect("metrics with values");
        for (place, (base, head)) in of(0).iter().zip(of(1)).enumerate() {
            let difference = head.minus(base).expect("a difference");
            held[place].add(holds(&difference, truths[1][place] - truths[0][place]));
        }
    }
    held.map(|held| {
        assert_eq!(held.missing(), Some(0.0), "{world:?}");
        held.coverage().expect("intervals")
    })
}

const SAME: World = World {
    cases: 24,
    samples: 3,
    unequal: false,
    rates: [[0.999, 0.3], [0.8, 0.3]],
    kind: Cases::Same,
    shared: 0.0,
};

#[test]
fn differences_are_covered() {
    for world in [
        SAME,
        World { rates: [[0.001, 0.999], [0.999, 0.001]], cases: 6, samples: 1, ..SAME },
        World { rates: [[0.999, 0.001], [0.999, 0.001]], samples: 8, ..SAME },
        World { rates: [[0.9, 0.1], [0.6, 0.1]], cases: 12, samples: 8, unequal: true, ..SAME },
        World { rates: [[0.8, 0.2], [0.6, 0.4]], samples: 8, shared: 0.9, kind: Cases::Spread, ..SAME },
        World { rates: [[0.5, 0.5], [0.5, 0.5]], cases: 48, kind: Cases::Alike(0.3), ..SAME },
    ] {
        for (found, name) in coverage(world).into_iter().zip(NAMES) {
            assert!(found >= 91.0, "{name}, {world:?}: {found} %");
        }
    }
}

#[test]
fn where_grades_are_many_intervals_are_no_longer_than_they_must_be() {
    for world in [
        World { rates: [[0.8, 0.2], [0.6, 0.4]], samples: 8, ..SAME },
        World { rates: [[0.5, 0.5], [0.5, 0.5]], cases: 48, samples: 8, kind: Cases::Spread, ..SAME },
    ] {
        for (found, name) in coverage(world).into_iter().zip(NAMES) {
            assert!((91.0..=98.7).contains(&found), "{name}, {world:?}: {found} %");
        }
    }
}

/// What the program prints beside coverage.
#[test]
fn counts_add_up() {
    let mut held = Held::default();
    for found in [Some((true, false)), Some((false, true)), None, Some((true, true))] {
        held.add(found);
    }
    assert_eq!((held.missing(), held.power()), (Some(25.0), 50.0));
    assert!(held.coverage().is_some_and(|found| (found - 200.0 / 3.0).abs() < 1e-9));
    for (grid, rates, (same, kinds)) in [(Grid::Stated, 16, (2, 5)), (Grid::HeldOut, 10, (2, 6))] {
        assert_eq!(grid.worlds().len(), grid.cases().len() * rates * (same + 4 * kinds));
    }
}
