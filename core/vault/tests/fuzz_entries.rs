//! Any bytes at the decoder: no panic, bounded time. Runs on the corpus and some random input under `cargo
//! test`, and without end under `cargo bolero test -p szid-vault fuzz_entries`.

#[test]
fn fuzz_entries() {
    bolero::check!().for_each(|bytes: &[u8]| {
        szid_vault::fuzzing::entries(bytes);
    });
}
