//! How long each format takes to render 10,000 trials, grading and estimating not counted.

mod large;

use criterion::{Criterion, criterion_group, criterion_main};
use reports::{Digest, Format, FormatOptions, Report, Room, Summary, grade::Grader, render};
use std::hint::black_box;

fn formats(criterion: &mut Criterion) {
    let record = large::record(10_000);
    let digest = Digest::of(&record).expect("the record is consistent");
    let summary = Summary::of(&digest);
    let selection = digest.select(Room::default(), &record).expect("the record is consistent");
    let grades = Grader::new(&record.header).grade(&record.trials).expect("the record is consistent");
    let report =
        Report { digest: &digest, summary: &summary, selection: &selection, timing: None, grades: &grades };
    let options = FormatOptions { width: Some(100), ..FormatOptions::default() };
    let mut group = criterion.benchmark_group("render_10k");
    group.sample_size(20);
    for format in Format::ALL {
        group.bench_function(format.name(), |bencher| {
            bencher.iter(|| render(format, black_box(&report), &options).expect("every format renders"));
        });
    }
    group.finish();
}

criterion_group!(benches, formats);
criterion_main!(benches);
