//! Verification of one code, all steps, against one raw signature verification of each library, in the same
//! run.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::sync::Arc;

#[path = "../tests/city/mod.rs"]
mod city;

use city::{DEVICE, NOW, ROOT, signer};
use criterion::{
    BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use szid_protocol::crypto::{P256Backend, SignatureBackend, Signer};
use szid_protocol::day::end_of_day;
use szid_protocol::digits;
use szid_protocol::scene::ScenePolicy;
use szid_protocol::trust::VerifiedTrustList;
use szid_protocol::verdict::Decision;
use szid_protocol::verify::{Evidence, PassCache, Question, VerifiedPass, verify};
use szid_verifier::scanner::Scanner;
use szid_verifier::{
    AwsLcBackend, BoundedPassCache, DurableReplay, InMemoryReplay, SignedTime, StatusCache,
    Verifier, VerifierSetup,
};

/// Keeps passes, and never knows one: the cost of a pass seen for the first time.
struct AlwaysNew(BoundedPassCache);

impl PassCache for AlwaysNew {
    fn find(&self, digest: &[u8; 32]) -> Option<Arc<VerifiedPass>> {
        self.0.find(digest).filter(|_| false)
    }

    fn keep(&self, digest: [u8; 32], pass: Arc<VerifiedPass>) {
        self.0.keep(digest, pass);
    }
}

fn raw(group: &mut BenchmarkGroup<'_, WallTime>) {
    use p256::ecdsa::signature::Verifier as _;
    // The length of a code's signed bytes.
    let message = [7; 195];
    let signature = signer(DEVICE).sign(&message).unwrap();
    let public = signer(DEVICE).public_key();
    let point = p256::ecdsa::VerifyingKey::from_sec1_bytes(&public.to_compressed()).unwrap();
    let sec1 = point.to_sec1_point(false);

    let parsed = p256::ecdsa::Signature::from_slice(&signature).unwrap();
    group
        .bench_function("p256", |b| b.iter(|| point.verify(black_box(&message), &parsed).unwrap()));
    let ring = ring::signature::UnparsedPublicKey::new(
        &ring::signature::ECDSA_P256_SHA256_FIXED,
        sec1.as_bytes(),
    );
    group.bench_function("ring", |b| {
        b.iter(|| ring.verify(black_box(&message), &signature).unwrap())
    });
    for (name, backend) in backends() {
        let key = backend.verifying_key(&public).unwrap();
        group.bench_function(format!("{name} backend"), |b| {
            b.iter(|| assert!(key.verify(black_box(&message), &signature)));
        });
        group.bench_function(format!("{name} load 33-byte key"), |b| {
            b.iter(|| backend.verifying_key(black_box(&public)).unwrap());
        });
    }
    let lasting = AwsLcBackend.lasting_key(&public).unwrap();
    // It gets its table only once it was asked often.
    (0..300).for_each(|_| assert!(lasting.verify(&message, &signature)));
    group.bench_function("by tables", |b| {
        b.iter(|| assert!(lasting.verify(black_box(&message), &signature)));
    });
    let sec1 = sec1.as_bytes();
    group.bench_function("aws-lc load 65-byte key", |b| {
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
        b.iter(|| ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, black_box(sec1)).unwrap());
    });
    let compressed = public.to_compressed();
    group.bench_function("aws-lc load 33-byte key by itself", |b| {
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
        b.iter(|| ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, black_box(compressed)).unwrap());
    });
    group.bench_function("p256 decompress to 65 bytes", |b| {
        b.iter(|| {
            let key =
                p256::ecdsa::VerifyingKey::from_sec1_bytes(black_box(&public.to_compressed()));
            key.unwrap().to_sec1_point(false)
        });
    });
}

fn backends() -> [(&'static str, Arc<dyn SignatureBackend>); 2] {
    [("aws-lc", Arc::new(AwsLcBackend)), ("p256", Arc::new(P256Backend))]
}

fn whole(group: &mut BenchmarkGroup<'_, WallTime>) {
    let (trust_bytes, status_bytes) =
        (city::trust(1), city::status(&city::uri(end_of_day(NOW)), NOW - 60, &[]));
    let scanned = format!("]Q1{}\r\n", city::code(DEVICE, NOW));
    for (name, backend) in backends() {
        let root = signer(ROOT).public_key();
        let trust = VerifiedTrustList::verify(&trust_bytes, &[root], backend.as_ref()).unwrap();
        let status = StatusCache::open(8, None).unwrap();
        status.ingest(&status_bytes, None, &trust, &SignedTime::open(None).unwrap(), NOW).unwrap();
        let replay = InMemoryReplay::new(1000);
        let scene = ScenePolicy::any();
        let scanner = Scanner::default();
        let fresh = AlwaysNew(BoundedPassCache::new(1000));
        group.bench_function(format!("new pass, {name}"), |b| {
            b.iter(|| {
                let code = scanner.read(black_box(&scanned)).unwrap();
                let question = Question {
                    code: &code,
                    now: NOW,
                    newest_signed_time: 0,
                    scene: &scene,
                    challenge: None,
                    online: false,
                    operator: "desk-1",
                };
                let evidence = Evidence {
                    backend: backend.as_ref(),
                    trust: &trust,
                    status: &status,
                    replay: &replay,
                    passes: &fresh,
                };
                let verdict = verify(&question, &evidence);
                assert_eq!(verdict.decision(), Decision::Accept);
            });
        });
        let setup = VerifierSetup::new(vec![root], backend, Arc::new(InMemoryReplay::new(1000)));
        let verifier = Verifier::open(setup, NOW).unwrap();
        verifier.ingest_trust(&trust_bytes, NOW).unwrap();
        verifier.ingest_status(&status_bytes, None, NOW).unwrap();
        group.bench_function(format!("seen pass, {name}"), |b| {
            b.iter(|| {
                let verdict = verifier.verify(black_box(&scanned), NOW, None, "desk-1", None, None);
                assert_eq!(verdict.decision(), Decision::Accept);
            });
        });
    }
    let scanner = Scanner::default();
    group.bench_function("scanner and digits", |b| {
        b.iter(|| digits::decode(&scanner.read(black_box(&scanned)).unwrap()).unwrap());
    });
    group.bench_function("scanner, digits and CBOR", |b| {
        b.iter(|| {
            let bytes = digits::decode(&scanner.read(black_box(&scanned)).unwrap()).unwrap();
            black_box(szid_protocol::code::UnverifiedCode::parse(&bytes).is_ok())
        });
    });
}

fn replay(group: &mut BenchmarkGroup<'_, WallTime>) {
    use szid_protocol::verify::{ReplayKey, ReplayMemory, Use};
    let folder = tempfile::tempdir().unwrap();
    let durable = DurableReplay::open(folder.path(), 10_000_000, NOW).unwrap();
    let mut number = 0u128;
    group.bench_function("durable, one caller", |b| {
        b.iter(|| {
            number += 1;
            let key = ReplayKey { device: number.to_le_bytes(), iat: NOW };
            assert_eq!(durable.check_and_remember(key, "desk-1", NOW), Use::First);
        });
    });
}

fn all(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("raw");
    raw(&mut group);
    group.finish();
    let mut group = criterion.benchmark_group("verify");
    whole(&mut group);
    group.finish();
    let mut group = criterion.benchmark_group("replay");
    replay(&mut group);
    group.finish();
}

criterion_group!(benches, all);
criterion_main!(benches);
