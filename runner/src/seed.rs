//! Seeds: one per generation, derived from what the generation *is* and from nothing else.
//!
//! So a transcript does not depend on concurrency, on the order of work, or on which other probes
//! ran beside it.

/// Where in a run a generation stands.
#[derive(Clone, Copy, Debug)]
pub struct Position<'a> {
    /// The probe.
    pub probe: &'a str,
    /// The case.
    pub case: &'a str,
    /// The arm; empty where there is none.
    pub arm: &'a str,
    /// The sample, from 0.
    pub sample: u32,
    /// Name and round of the fork, and index of the branch; none on the main line.
    pub branch: Option<(&'a str, u32, u32)>,
    /// Name of the live turn.
    pub turn: &'a str,
    /// Round of the enclosing `repeat`; 0 outside of one.
    pub round: u32,
    /// Who speaks; none for the model under test.
    pub speaker: Option<&'a str>,
}

/// The seed of one generation: 64 bits of BLAKE3 over the run's seed and the position, every part
/// preceded by its length so that no two positions run together.
pub fn derive(run: u64, position: &Position<'_>) -> u64 {
    let mut hasher = blake3::Hasher::new_derive_key("grice generation seed v1");
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(&run.to_le_bytes());
    part(position.probe.as_bytes());
    part(position.case.as_bytes());
    part(position.arm.as_bytes());
    part(&position.sample.to_le_bytes());
    if let Some((fork, round, index)) = position.branch {
        part(fork.as_bytes());
        part(&round.to_le_bytes());
        part(&index.to_le_bytes());
    }
    part(position.turn.as_bytes());
    part(&position.round.to_le_bytes());
    if let Some(speaker) = position.speaker {
        part(speaker.as_bytes());
    }
    let mut seed = [0; 8];
    hasher.finalize_xof().fill(&mut seed);
    u64::from_le_bytes(seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const BASE: Position<'_> = Position {
        probe: "a.b",
        case: "c",
        arm: "",
        sample: 0,
        branch: None,
        turn: "t",
        round: 0,
        speaker: None,
    };

    #[test]
    fn every_part_of_the_position_matters() {
        let seeds = [
            derive(1, &BASE),
            derive(2, &BASE),
            derive(1, &Position { probe: "a.", ..BASE }),
            derive(1, &Position { case: "d", ..BASE }),
            derive(1, &Position { arm: "x", ..BASE }),
            derive(1, &Position { sample: 1, ..BASE }),
            derive(1, &Position { branch: Some(("f", 0, 0)), ..BASE }),
            derive(1, &Position { branch: Some(("f", 1, 0)), ..BASE }),
            derive(1, &Position { branch: Some(("f", 0, 1)), ..BASE }),
            derive(1, &Position { turn: "u", ..BASE }),
            derive(1, &Position { round: 1, ..BASE }),
            derive(1, &Position { speaker: Some("user"), ..BASE }),
            derive(1, &Position { speaker: Some("judge"), ..BASE }),
        ];
        assert_eq!(seeds.iter().collect::<HashSet<_>>().len(), seeds.len());
    }

    #[test]
    fn the_derivation_never_changes() {
        assert_eq!(derive(0, &BASE), PINNED);
    }

    /// Pinned when the derivation was fixed: records made earlier must stay reproducible.
    const PINNED: u64 = 9_673_658_203_558_035_931;
}
