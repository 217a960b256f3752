//! Unlocking: what happened is what a code says, and a PIN is not guessed by kill, clock, copy or program.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use szid_protocol::day::DAY;
use szid_protocol::level::AuthenticationTier;
use szid_vault::Vault;
use szid_wallet::software::{MockHolderPrompt, SystemEntropy};
use szid_wallet::{
    AfterLastTry, DeviceKeys, Entropy, EntropyError, KeyError, PinStatus, PresentationOptions,
    PromptError, UnlockError, UnlockMethod, UnlockPolicy, Unlocking, Wallet, WalletError,
};

use crate::support::Scenery;
use crate::support::mock_issuer::Misdeed;

const PIN: &str = "493536";
const WRONG: &str = "702958";

/// An enrolled wallet with a PIN.
async fn with_pin(scenery: &Scenery) -> Wallet {
    let wallet = scenery.enrolled().await;
    wallet.set_pin(PIN, &wallet.app_opened()).unwrap();
    wallet
}

/// The tier that a venue reads in a code.
fn tier(scenery: &Scenery, wallet: &Wallet, by: &Unlocking) -> AuthenticationTier {
    let code = wallet.present(by, &PresentationOptions::default()).unwrap();
    scenery.verdict(&code.digits).holder().unwrap().tier
}

fn is_over(wallet: &Wallet, by: &Unlocking) -> bool {
    let presented = wallet.present(by, &PresentationOptions::default());
    assert_eq!(presented.is_err(), wallet.unlocked_for(by) == 0);
    matches!(presented, Err(WalletError::Locked))
}

/// The holder's finger on a software key.
fn finger(scenery: &Scenery, wallet: &Wallet) -> Result<Unlocking, UnlockError> {
    let pending = wallet.begin_biometric()?;
    let request = pending.signing_request();
    let signature =
        scenery.keys.sign(request.handle, request.message).map_err(WalletError::from)?;
    wallet.finish_biometric(pending, &signature)
}

fn wait(scenery: &Scenery, wallet: &Wallet) {
    scenery.clock.advance(wallet.pin_status().unwrap().wait);
}

/// Wrong PINs until none is left.
fn use_up(scenery: &Scenery, wallet: &Wallet) -> UnlockError {
    for _ in 0..100 {
        wait(scenery, wallet);
        match wallet.unlock_with_pin(WRONG).err().unwrap() {
            UnlockError::PinWrong { .. } => {}
            other => return other,
        }
    }
    panic!("the tries never end");
}

#[tokio::test]
async fn a_code_states_what_happened() {
    let scenery = Scenery::new().await;
    let wallet = with_pin(&scenery).await;
    wallet.enable_biometric(&wallet.unlock_with_pin(PIN).unwrap()).unwrap();
    for (by, method, states) in [
        (wallet.app_opened(), UnlockMethod::AppOpen, AuthenticationTier::AppOpen),
        (
            wallet.unlock_with_pin(PIN).unwrap(),
            UnlockMethod::Pin,
            AuthenticationTier::DeviceCredential,
        ),
        (
            wallet.unlock_with_screen_lock().unwrap(),
            UnlockMethod::DeviceCredential,
            AuthenticationTier::DeviceCredential,
        ),
        (
            finger(&scenery, &wallet).unwrap(),
            UnlockMethod::Biometric,
            AuthenticationTier::Biometric,
        ),
    ] {
        assert_eq!((by.method(), method.tier()), (method, states));
        assert_eq!(tier(&scenery, &wallet, &by), states);
    }
}

#[tokio::test]
async fn an_unlocking_ends_by_itself_and_redrawing_does_not_keep_it_alive() {
    let scenery = Scenery::new().await;
    let wallet = with_pin(&scenery).await;
    wallet.enable_biometric(&wallet.unlock_with_pin(PIN).unwrap()).unwrap();
    let unlock: [&dyn Fn() -> Unlocking; 4] = [
        &|| wallet.app_opened(),
        &|| wallet.unlock_with_pin(PIN).unwrap(),
        &|| wallet.unlock_with_screen_lock().unwrap(),
        &|| finger(&scenery, &wallet).unwrap(),
    ];
    for (unlock, method) in unlock.iter().zip(UnlockMethod::ALL) {
        let (idle, at_most) = (method.ends_when_idle_for(), method.lasts_at_most());
        let by = unlock();
        assert_eq!((by.method(), wallet.unlocked_for(&by)), (method, idle));
        // Drawn again and again, the wall clock set back each time.
        for step in 0..idle {
            assert!(!is_over(&wallet, &by), "{method:?} {step}");
            scenery.clock.advance(1);
            scenery.clock.set_wall_ahead_by(-i64::try_from(step).unwrap() * 1000);
        }
        assert!(is_over(&wallet, &by), "{method:?}");
        assert!(matches!(wallet.holder_is_active(&by), Err(WalletError::Locked)), "it stays over");

        // Touched all the time, it ends all the same.
        let by = unlock();
        for step in (0..at_most).step_by(20) {
            assert!(!is_over(&wallet, &by), "{method:?} {step}");
            wallet.holder_is_active(&by).unwrap();
            scenery.clock.advance(20);
        }
        assert!(is_over(&wallet, &by), "{method:?}");

        let by = unlock();
        scenery.clock.restart();
        assert!(is_over(&wallet, &by), "{method:?}: the phone was restarted");
        let by = unlock();
        wallet.lock();
        assert!(is_over(&wallet, &by), "{method:?}: locked");
    }
}

#[tokio::test]
async fn an_unlocking_is_good_for_its_own_wallet_alone() {
    let (mine, theirs) = (Scenery::new().await, Scenery::new().await);
    let (wallet, other) = (mine.enrolled().await, with_pin(&theirs).await);
    // Locked as often as the other one.
    wallet.lock();
    let by = other.unlock_with_pin(PIN).unwrap();
    assert!(is_over(&wallet, &by) && !is_over(&other, &by));
    let set = wallet.set_pin(PIN, &by);
    assert!(matches!(set, Err(UnlockError::Wallet(WalletError::Locked))));
    // Nor for the same folder opened again.
    drop(other);
    let again = theirs.open();
    again.lock();
    assert!(is_over(&again, &by));
}

#[tokio::test]
async fn a_finger_signs_its_own_challenge_soon_or_not_at_all() {
    let scenery = Scenery::new().await;
    let wallet = with_pin(&scenery).await;
    assert!(matches!(wallet.begin_biometric(), Err(UnlockError::NotSetUp)));
    wallet.enable_biometric(&wallet.unlock_with_pin(PIN).unwrap()).unwrap();
    assert!(wallet.has_biometric().unwrap());
    let sign = |pending: &szid_wallet::PendingUnlocking| {
        let request = pending.signing_request();
        scenery.keys.sign(request.handle, request.message).unwrap()
    };
    let key_error = |outcome: Result<Unlocking, UnlockError>| match outcome {
        Err(UnlockError::Wallet(WalletError::Key(error))) => error,
        _ => panic!("it must not unlock"),
    };
    let earlier = sign(&wallet.begin_biometric().unwrap());
    let pending = wallet.begin_biometric().unwrap();
    assert_eq!(key_error(wallet.finish_biometric(pending, &earlier)), KeyError::WrongSignature);
    // A code's key does not unlock.
    let pending = wallet.begin_biometric().unwrap();
    let pass_key = scenery.keys.handles().into_iter().find(|it| it.starts_with("pass-")).unwrap();
    let by_pass = scenery.keys.sign(&pass_key, pending.signing_request().message).unwrap();
    assert_eq!(key_error(wallet.finish_biometric(pending, &by_pass)), KeyError::WrongSignature);
    let late = wallet.begin_biometric().unwrap();
    let signature = sign(&late);
    scenery.clock.advance(61);
    assert_eq!(key_error(wallet.finish_biometric(late, &signature)), KeyError::TooLate);
    let locked = wallet.begin_biometric().unwrap();
    let signature = sign(&locked);
    wallet.lock();
    let locked = wallet.finish_biometric(locked, &signature);
    assert!(matches!(locked, Err(UnlockError::Wallet(WalletError::Locked))));
    // The old key goes with the new one, and all go with the wallet.
    let alive = scenery.keys.alive();
    wallet.enable_biometric(&finger(&scenery, &wallet).unwrap()).unwrap();
    assert_eq!(scenery.keys.alive(), alive);
    wallet.disable_biometric().unwrap();
    assert_eq!(scenery.keys.alive(), alive - 1);
    wallet.enable_biometric(&wallet.unlock_with_pin(PIN).unwrap()).unwrap();
    wallet.wipe().unwrap();
    assert_eq!(scenery.keys.alive(), 0);
}

#[tokio::test]
async fn the_screen_lock_says_what_it_came_to() {
    let mut scenery = Scenery::new().await;
    drop(scenery.enrolled().await);
    for (answer, code) in [
        (PromptError::NotSetUp, "UNLOCK_NOT_SET_UP"),
        (PromptError::NotAllowed, "UNLOCK_NOT_ALLOWED"),
        (PromptError::Unavailable, "UNLOCK_UNAVAILABLE"),
    ] {
        scenery.prompt = Some(MockHolderPrompt(Err(answer)));
        assert_eq!(scenery.open().unlock_with_screen_lock().err().unwrap().code(), code);
    }
    scenery.prompt = None;
    let error = scenery.open().unlock_with_screen_lock().err().unwrap();
    assert_eq!(error.code(), "UNLOCK_NOT_SET_UP");
}

#[tokio::test]
async fn a_first_pin_needs_a_fresh_enrolment_or_the_phones_own_lock() {
    let mut scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    assert!(matches!(wallet.unlock_with_pin(PIN), Err(UnlockError::PinMissing)));
    assert!(matches!(wallet.set_pin("123456", &wallet.app_opened()), Err(UnlockError::PinWeak(_))));
    for form in ["", "12345", "4935367", "49353a", "４９３５３６", "-49353"] {
        assert!(matches!(wallet.set_pin(form, &wallet.app_opened()), Err(UnlockError::PinForm)));
    }
    scenery.clock.advance(901);
    let late = wallet.set_pin(PIN, &wallet.app_opened());
    assert!(matches!(late, Err(UnlockError::ProofNeeded)), "whoever holds the phone now");
    assert!(matches!(wallet.enable_biometric(&wallet.app_opened()), Err(UnlockError::ProofNeeded)));
    wallet.set_pin(PIN, &wallet.unlock_with_screen_lock().unwrap()).unwrap();
    let again = wallet.set_pin(WRONG, &wallet.unlock_with_screen_lock().unwrap());
    assert!(matches!(again, Err(UnlockError::PinSet)));

    // A restart ends the quarter of an hour: how long it was off, nobody knows.
    let other = Scenery::new().await;
    let wallet = other.enrolled().await;
    other.clock.restart();
    assert!(matches!(wallet.set_pin(PIN, &wallet.app_opened()), Err(UnlockError::ProofNeeded)));
    scenery.prompt = None;
}

#[tokio::test]
async fn a_pin_is_changed_with_the_old_one_and_reset_with_the_phone() {
    let scenery = Scenery::new().await;
    let wallet = with_pin(&scenery).await;
    let by = wallet.unlock_with_pin(PIN).unwrap();
    // A weak one costs no try, a wrong old one does.
    assert!(matches!(wallet.change_pin(PIN, "880315"), Err(UnlockError::PinWeak(_))));
    let wrong = wallet.change_pin(WRONG, "846173");
    assert!(matches!(wrong, Err(UnlockError::PinWrong { tries_left: 9, wait: 0 })));
    wallet.change_pin(PIN, "846173").unwrap();
    assert!(is_over(&wallet, &by), "what the old PIN unlocked is over");
    assert_eq!(wallet.pin_status().unwrap().tries_left, 10);
    assert!(matches!(wallet.unlock_with_pin(PIN), Err(UnlockError::PinWrong { .. })));
    let by = wallet.unlock_with_pin("846173").unwrap();
    assert!(matches!(wallet.reset_pin(PIN, &by), Err(UnlockError::ProofNeeded)), "change it");
    let opened = wallet.app_opened();
    assert!(matches!(wallet.reset_pin(PIN, &opened), Err(UnlockError::ProofNeeded)));
    wallet.reset_pin(PIN, &wallet.unlock_with_screen_lock().unwrap()).unwrap();
    drop(wallet);
    assert!(scenery.open().unlock_with_pin(PIN).is_ok(), "after a restart of the app, too");
}

#[tokio::test]
async fn a_program_that_guesses_learns_wrong_so_many_left_and_wait_and_nothing_else() {
    let scenery = Scenery::new().await;
    let wallet = with_pin(&scenery).await;
    // Weak ones are never set; guessing them is not told apart.
    let guesses = ["000000", "123456", WRONG, "493537", "593536", "111111", "640257", "573390"];
    let mut left = 10;
    for guess in guesses.iter().cycle() {
        let told = wallet.unlock_with_pin(guess).err().unwrap();
        left -= 1;
        if left == 0 {
            assert!(matches!(told, UnlockError::PinLocked));
            break;
        }
        let UnlockError::PinWrong { tries_left, wait } = told else { panic!("{told}") };
        assert_eq!(tries_left, left);
        let status = wallet.pin_status().unwrap();
        assert_eq!((status.is_set, status.tries_left, status.wait), (true, left, wait));
        if wait > 0 {
            // Neither a right nor a wrong one is looked at before its time, and none is counted.
            for early in [PIN, WRONG] {
                scenery.clock.set_wall_ahead_by(100_000_000);
                let told = wallet.unlock_with_pin(early).err().unwrap();
                assert!(matches!(told, UnlockError::PinWait { tries_left, wait: again }
                    if tries_left == left && again == wait));
            }
        }
        scenery.clock.advance(wait);
    }
    for _ in 0..3 {
        scenery.clock.advance(100 * DAY);
        scenery.clock.restart();
        let wallet = &wallet;
        assert!(matches!(wallet.unlock_with_pin(PIN), Err(UnlockError::PinLocked)));
        assert!(matches!(wallet.change_pin(PIN, WRONG), Err(UnlockError::PinLocked)));
        let by = wallet.unlock_with_screen_lock().unwrap();
        assert!(matches!(wallet.reset_pin(WRONG, &by), Err(UnlockError::PinLocked)));
    }
}

#[tokio::test]
async fn waits_survive_restarts_of_app_and_phone_and_clocks_that_are_set() {
    let scenery = Scenery::new().await;
    let mut wallet = with_pin(&scenery).await;
    for _ in 0..3 {
        wait(&scenery, &wallet);
        assert!(matches!(wallet.unlock_with_pin(WRONG), Err(UnlockError::PinWrong { .. })));
    }
    let waits = |wallet: &Wallet, seconds: u64| {
        let told = wallet.unlock_with_pin(PIN).err().unwrap();
        assert!(matches!(told, UnlockError::PinWait { wait, .. } if wait == seconds), "{told}");
    };
    waits(&wallet, 30);
    drop(wallet);
    scenery.clock.advance(10);
    wallet = scenery.open();
    waits(&wallet, 20);
    for set in [1_000_000_000, -1_000_000_000] {
        scenery.clock.set_wall_ahead_by(set);
        waits(&wallet, 20);
    }
    // Off for a year, and the clock set forward: an offline phone knows only that it was just switched on.
    scenery.clock.advance(365 * DAY);
    scenery.clock.restart();
    waits(&wallet, 30);
    scenery.clock.advance(29);
    waits(&wallet, 1);
    scenery.clock.advance(1);
    assert!(wallet.unlock_with_pin(PIN).is_ok());
    assert_eq!(wallet.pin_status().unwrap().tries_left, 10, "a right one begins anew");
}

#[tokio::test]
async fn time_that_the_city_signed_ends_a_wait_over_a_restart() {
    let scenery = Scenery::new().await;
    let wallet = with_pin(&scenery).await;
    for _ in 0..8 {
        wait(&scenery, &wallet);
        assert!(matches!(wallet.unlock_with_pin(WRONG), Err(UnlockError::PinWrong { .. })));
    }
    scenery.clock.advance(3000);
    scenery.clock.restart();
    assert_eq!(wallet.pin_status().unwrap().wait, 3600);
    wallet.refresh().await.unwrap();
    assert_eq!(wallet.pin_status().unwrap().wait, 600);
}

#[tokio::test]
async fn the_last_try_wipes_where_the_city_says_so() {
    let mut scenery = Scenery::new().await;
    scenery.options.unlock_policy = UnlockPolicy { tries: 4, after_last_try: AfterLastTry::Wipe };
    let wallet = with_pin(&scenery).await;
    let told = use_up(&scenery, &wallet);
    assert!(matches!(told, UnlockError::Wallet(WalletError::WipedAfterLastTry)), "{told}");
    assert_eq!(scenery.keys.alive(), 0);
    assert!(wallet.unlock_with_pin(PIN).is_err());
}

#[tokio::test]
async fn a_new_enrolment_frees_a_locked_pin_and_forgets_the_one_of_before() {
    let scenery = Scenery::new().await;
    let wallet = with_pin(&scenery).await;
    wallet.enable_biometric(&wallet.unlock_with_pin(PIN).unwrap()).unwrap();
    assert!(matches!(use_up(&scenery, &wallet), UnlockError::PinLocked));
    let by = wallet.app_opened();
    wallet.enrol(&scenery.issuer.offer(), "493536").await.unwrap();
    assert!(is_over(&wallet, &by));
    assert!(matches!(wallet.unlock_with_pin(PIN), Err(UnlockError::PinMissing)));
    assert!(matches!(wallet.begin_biometric(), Err(UnlockError::NotSetUp)));
    assert_eq!(scenery.keys.alive(), 14, "the finger's key went, too");
    wallet.set_pin("846173", &wallet.app_opened()).unwrap();
    assert!(wallet.unlock_with_pin("846173").is_ok());
}

#[tokio::test]
async fn whoever_enrols_on_a_found_phone_never_sets_a_pin_for_the_passes_that_are_there() {
    let scenery = Scenery::new().await;
    let wallet = with_pin(&scenery).await;
    scenery.clock.advance(1000);
    // Tokens came, passes did not: the codes are still those of before.
    scenery.issuer.misbehave(Misdeed::SilentPasses);
    assert!(wallet.enrol(&scenery.issuer.offer(), "493536").await.is_err());
    assert!(wallet.unlock_with_pin(PIN).is_ok(), "the PIN of before is the PIN of its passes");
    let set = wallet.set_pin(WRONG, &wallet.app_opened());
    assert!(matches!(set, Err(UnlockError::PinSet)));
}

#[tokio::test]
async fn a_strip_that_is_filled_or_replaced_leaves_the_pin_alone() {
    let scenery = Scenery::new().await;
    let wallet = with_pin(&scenery).await;
    scenery.clock.advance(10 * DAY);
    assert_eq!(wallet.refresh().await.unwrap(), 10);
    assert!(wallet.unlock_with_pin(PIN).is_ok());
}

/// Draws randomness, and keeps a copy of the vault's folder as it is whenever that happens: before each
/// write, since each write needs nonces. What lies in a copy is what a kill at that point leaves.
struct Witness {
    vault: PathBuf,
    copies: Mutex<Option<Vec<tempfile::TempDir>>>,
}

impl Witness {
    fn watch(&self) {
        *self.copies.lock().unwrap() = Some(Vec::new());
    }

    fn copies(&self) -> Vec<tempfile::TempDir> {
        self.copies.lock().unwrap().take().unwrap()
    }
}

impl Entropy for Witness {
    fn fill(&self, buf: &mut [u8]) -> Result<(), EntropyError> {
        if let Some(copies) = &mut *self.copies.lock().unwrap() {
            let copy = tempfile::tempdir().unwrap();
            copy_folder(&self.vault, &copy.path().join("wallet"));
            copies.push(copy);
        }
        SystemEntropy.fill(buf)
    }
}

/// Without randomness the vault writes nothing, as on a full disk.
#[derive(Default)]
struct Broken(AtomicBool);

impl Entropy for Broken {
    fn fill(&self, buf: &mut [u8]) -> Result<(), EntropyError> {
        if self.0.load(SeqCst) { Err(EntropyError) } else { SystemEntropy.fill(buf) }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_kill_at_any_write_gives_no_further_try() {
    let scenery = Scenery::new().await;
    drop(with_pin(&scenery).await);
    let witness = Arc::new(Witness { vault: scenery.path(), copies: Mutex::default() });
    let wallet = scenery.open_at(scenery.path(), witness.clone());
    let mut tries_left = 10;
    for pin in [WRONG, WRONG, PIN, WRONG, WRONG, WRONG, WRONG] {
        wait(&scenery, &wallet);
        witness.watch();
        let outcome = wallet.unlock_with_pin(pin);
        let copies = witness.copies();
        // One write before the try, and one after a right one.
        assert_eq!(copies.len(), if pin == PIN { 2 } else { 1 });
        for (cut, copy) in copies.iter().enumerate() {
            let killed = scenery.open_at(copy.path().join("wallet"), Arc::new(SystemEntropy));
            let status = killed.pin_status().unwrap();
            // Before the first write nothing was learnt; after it the try is gone, right or not.
            assert_eq!(status.tries_left, tries_left - u32::try_from(cut).unwrap(), "{pin} {cut}");
        }
        tries_left = if outcome.is_ok() { 10 } else { tries_left - 1 };
        assert_eq!(wallet.pin_status().unwrap().tries_left, tries_left);
    }
    // What the wallet would do next makes no difference.
    drop(wallet);
    assert_eq!(scenery.open().pin_status().unwrap().tries_left, tries_left);
}

#[tokio::test]
async fn without_a_written_try_nothing_is_learnt() {
    let scenery = Scenery::new().await;
    drop(with_pin(&scenery).await);
    let broken = Arc::new(Broken::default());
    let wallet = scenery.open_at(scenery.path(), broken.clone());
    broken.0.store(true, SeqCst);
    for pin in [PIN, WRONG, PIN] {
        let told = wallet.unlock_with_pin(pin).err().unwrap();
        assert!(matches!(told, UnlockError::Wallet(WalletError::Vault(_))), "{told}");
    }
    broken.0.store(false, SeqCst);
    assert_eq!(wallet.pin_status().unwrap().tries_left, 10);
    assert!(wallet.unlock_with_pin(PIN).is_ok());
}

#[tokio::test]
async fn a_kill_between_the_last_try_and_the_wipe_is_made_good() {
    let mut scenery = Scenery::new().await;
    drop(with_pin(&scenery).await);
    // Used up under a milder policy: what a kill before the wipe leaves.
    let wallet = scenery.open();
    assert!(matches!(use_up(&scenery, &wallet), UnlockError::PinLocked));
    drop(wallet);
    scenery.options.unlock_policy = UnlockPolicy { tries: 10, after_last_try: AfterLastTry::Wipe };
    let opened = scenery.try_open(scenery.path(), Arc::new(SystemEntropy));
    assert!(matches!(opened, Err(WalletError::WipedAfterLastTry)));
    assert_eq!(scenery.keys.alive(), 0);
}

/// The vault below a wallet that is closed.
fn vault(scenery: &Scenery) -> Vault {
    Vault::open(scenery.path(), scenery.sealing.clone(), Arc::new(SystemEntropy)).unwrap().0
}

#[tokio::test]
async fn a_counter_that_is_lost_gives_no_tries_back_and_destroys_nothing() {
    let mut scenery = Scenery::new().await;
    drop(with_pin(&scenery).await);
    assert!(vault(&scenery).delete("state", "pin-tries").unwrap(), "each PIN has its counter");
    scenery.options.unlock_policy = UnlockPolicy { tries: 10, after_last_try: AfterLastTry::Wipe };
    let wallet = scenery.open();
    assert_eq!(wallet.pin_status().unwrap().tries_left, 0);
    assert!(matches!(wallet.unlock_with_pin(PIN), Err(UnlockError::PinLocked)));
    assert_eq!(tier(&scenery, &wallet, &wallet.app_opened()), AuthenticationTier::AppOpen);
}

#[tokio::test]
async fn a_vault_from_before_pins_opens_as_it_is() {
    let scenery = Scenery::new().await;
    drop(scenery.enrolled().await);
    let before = vault(&scenery);
    for younger in ["pin-may-be-set", "metadata", "this-device"] {
        assert!(before.delete("state", younger).unwrap());
    }
    let names = before.list("state").unwrap();
    assert!(names.iter().all(|name| {
        ["access", "anchor", "enrolled"].contains(&name.as_str()) || name.starts_with("trust-")
    }));
    for day in before.list("passes").unwrap() {
        let pass = before.get("passes", &day).unwrap().unwrap();
        let pass: serde_json::Value = serde_json::from_slice(&pass).unwrap();
        let members: Vec<_> = pass.as_object().unwrap().keys().collect();
        assert_eq!(members, ["handle", "pass"]);
    }
    drop(before);
    let wallet = scenery.open();
    assert_eq!(tier(&scenery, &wallet, &wallet.app_opened()), AuthenticationTier::AppOpen);
    let status = wallet.pin_status().unwrap();
    assert_eq!((status.is_set, status.tries_left, status.wait), (false, 10, 0));
    assert!(matches!(wallet.set_pin(PIN, &wallet.app_opened()), Err(UnlockError::ProofNeeded)));
    drop(wallet);
    assert_eq!(vault(&scenery).list("state").unwrap(), names, "opening wrote nothing");
    let wallet = scenery.open();
    wallet.set_pin(PIN, &wallet.unlock_with_screen_lock().unwrap()).unwrap();
    assert!(wallet.unlock_with_pin(PIN).is_ok());
}

#[tokio::test]
async fn a_single_file_put_back_gains_no_try() {
    let scenery = Scenery::new().await;
    drop(with_pin(&scenery).await);
    let before = tempfile::tempdir().unwrap();
    let kept = before.path().join("wallet");
    copy_folder(&scenery.path(), &kept);
    let wallet = scenery.open();
    for _ in 0..3 {
        wait(&scenery, &wallet);
        assert!(wallet.unlock_with_pin(WRONG).is_err());
    }
    drop(wallet);
    let after = tempfile::tempdir().unwrap();
    copy_folder(&scenery.path(), &after.path().join("wallet"));
    let mut changed = 0;
    for old in files_below(&kept) {
        let name = old.strip_prefix(&kept).unwrap();
        let now = after.path().join("wallet").join(name);
        if fs::read(&old).unwrap() == fs::read(&now).unwrap_or_default() {
            continue;
        }
        changed += 1;
        let mixed = tempfile::tempdir().unwrap();
        let mixed = mixed.path().join("wallet");
        copy_folder(&after.path().join("wallet"), &mixed);
        fs::create_dir_all(mixed.join(name).parent().unwrap()).unwrap();
        fs::copy(&old, mixed.join(name)).unwrap();
        // Either it does not open, or it knows of all tries.
        if let Ok(wallet) = scenery.try_open(mixed, Arc::new(SystemEntropy)) {
            assert_eq!(wallet.pin_status().unwrap().tries_left, 7, "{}", name.display());
        }
    }
    assert!(changed >= 2, "both copies of the vault were written");
    // The whole folder put back does gain them: docs/threat-model.md says so.
    let whole = scenery.open_at(kept, Arc::new(SystemEntropy));
    assert_eq!(whole.pin_status().unwrap().tries_left, 10);
}

#[tokio::test]
async fn several_threads_that_guess_at_once_share_the_budget() {
    let scenery = Scenery::new().await;
    let wallet = with_pin(&scenery).await;
    let guess = || {
        let is_wrong =
            |_: &i32| matches!(wallet.unlock_with_pin(WRONG), Err(UnlockError::PinWrong { .. }));
        (0..4).filter(is_wrong).count()
    };
    let wrong = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(guess)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    let PinStatus { tries_left, .. } = wallet.pin_status().unwrap();
    assert!(wrong <= 3, "then they wait");
    assert_eq!(usize::try_from(tries_left).unwrap(), 10 - wrong);
}
