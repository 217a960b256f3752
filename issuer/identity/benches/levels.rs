//! The level of a person: computed for every strip and every look at an account.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use szid_identity::levels::{bundled_policy, level};
use szid_register::Evidence;

const NOW: u64 = 1_768_449_600;

fn levels(criterion: &mut Criterion) {
    let policy = bundled_policy().unwrap();
    let all = policy.ways.iter().map(|way| Evidence {
        connector: way.connector.clone(),
        ..Evidence::of_registrar(way.method.clone(), way.cap, 111, NOW)
    });
    let all: Vec<Evidence> = all.collect();
    // What adds up is looked for where nothing gives more by itself.
    let few: Vec<Evidence> = all.iter().filter(|piece| piece.level < 3).cloned().collect();
    let counter = &all[all.len() - 1..];
    for (name, evidence) in [("counter", counter), ("six", &few), ("ten", &all)] {
        criterion.bench_function(&format!("level/{name}"), |bencher| {
            bencher.iter(|| level(black_box(evidence), &policy, black_box(NOW)).falls_at);
        });
    }
}

criterion_group!(benches, levels);
criterion_main!(benches);
