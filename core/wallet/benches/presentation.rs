//! What a code costs on the device, beside one bare P-256 signature in the same run.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use p256::ecdsa::signature::Signer;
use szid_wallet::{DeviceKeys, PresentationOptions, Qr, QrLevel};

use support::Scenery;

criterion_group!(benches, presentation);
criterion_main!(benches);

fn presentation(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scenery = runtime.block_on(Scenery::new());
    let wallet = runtime.block_on(scenery.enrolled());
    let options = PresentationOptions::default();
    let digits = wallet.present(&wallet.app_opened(), &options).unwrap().digits;
    let pending = wallet.begin_presentation(&wallet.app_opened(), &options).unwrap();
    let (handle, message) = {
        let request = pending.signing_request();
        (request.handle.to_owned(), request.message.to_vec())
    };

    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    criterion.bench_function("one bare P-256 signature", |bench| {
        bench.iter(|| -> p256::ecdsa::Signature { key.sign(black_box(&message)) });
    });
    criterion.bench_function("signature by the software key store", |bench| {
        bench.iter(|| scenery.keys.sign(&handle, black_box(&message)).unwrap());
    });
    criterion.bench_function("code laid out, without signature and drawing", |bench| {
        bench.iter(|| wallet.begin_presentation(&wallet.app_opened(), &options).unwrap());
    });
    for (name, level) in [("QR matrix 10-L", QrLevel::L), ("QR matrix 11-M", QrLevel::M)] {
        criterion.bench_function(name, |bench| {
            bench.iter(|| Qr::draw(black_box(&digits), level).unwrap());
        });
    }
    criterion.bench_function("whole presentation, software key store", |bench| {
        bench.iter(|| wallet.present(&wallet.app_opened(), &options).unwrap());
    });
    let qr = Qr::draw(&digits, QrLevel::M).unwrap();
    criterion.bench_function("PNG, 6 pixels a module", |bench| bench.iter(|| qr.to_png(6)));
    criterion.bench_function("SVG", |bench| bench.iter(|| qr.to_svg()));
    criterion.bench_function("terminal", |bench| bench.iter(|| qr.to_terminal()));
}
