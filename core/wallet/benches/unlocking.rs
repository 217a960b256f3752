//! What the PIN costs on this machine: setting one, which measures it, and a check, right or wrong.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use szid_wallet::software::{
    MockHolderPrompt, MockSealingKey, SoftwareDeviceKeys, SystemClock, SystemEntropy,
};
use szid_wallet::{Wallet, WalletConfig, WalletParts};

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = unlocking
}
criterion_main!(benches);

fn unlocking(criterion: &mut Criterion) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let config = WalletConfig {
        path: folder.path().join("wallet"),
        roots: Vec::new(),
        days_ahead: 13,
        device_name: String::new(),
    };
    let parts = WalletParts {
        keys: Arc::new(SoftwareDeviceKeys::new(Arc::new(SystemEntropy))),
        attester: None,
        prompt: Some(Arc::new(MockHolderPrompt::default())),
        sealing: Arc::new(MockSealingKey::default()),
        http: Arc::new(szid_wallet::ReqwestHttp::new()),
        clock: Arc::new(SystemClock::new()),
        entropy: Arc::new(SystemEntropy),
    };
    let wallet = Wallet::open(config, parts).unwrap();
    wallet.set_pin("493536", &wallet.unlock_with_screen_lock().unwrap()).unwrap();
    criterion.bench_function("right PIN, two writes to the vault", |bench| {
        bench.iter(|| wallet.unlock_with_pin(black_box("493536")).unwrap());
    });
    criterion.bench_function("another PIN, measured anew", |bench| {
        bench.iter(|| {
            let by = wallet.unlock_with_screen_lock().unwrap();
            wallet.reset_pin(black_box("702958"), &by).unwrap();
        });
    });
}
