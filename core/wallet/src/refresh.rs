//! Refresh: the strip is filled with passes that were checked one by one.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use szid_protocol::crypto::P256Backend;
use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::pass::UnverifiedPass;
use szid_protocol::reason::Reason;
use szid_protocol::trust::VerifiedTrustList;
use szid_protocol::verify::VerifiedPass;

use crate::account::AccountState;
use crate::client::{DEVICE_UNKNOWN, Endpoints, GRACE, PASS_LEVEL, PASS_QUOTA, USE_KEY_PROOF};
use crate::device_keys::FreshKey;
use crate::enrolment::check_device;
use crate::error::{WalletError, is_for_later};
use crate::jose;
use crate::key_proofs::name_pass;
use crate::last_known::Standing;
use crate::ports::{KeyError, KeyPolicy};
use crate::progress::{EnrolObserver, EnrolStep};
use crate::records::{
    ACCESS, ASKED_KEYS, Access, Batch, ENROLLED, Enrolled, LOOSE_KEYS, PASSES, STATE, StoredPass,
    day_name, load,
};
use crate::strip;
use crate::wallet::Wallet;

/// An access token that ends sooner than this is not worth beginning with, seconds.
const ACCESS_RESERVE: u64 = 30;
/// What a device key signs to show that it can. It is no code and no proof, and serves for nothing.
const KEY_TRIAL: &[u8] = b"szid trial of a device key 1\0";

impl Wallet {
    /// Fills the strip where it runs low, and brings trust list and time up to date. Returns how many passes
    /// came.
    ///
    /// # Errors
    /// [`WalletError::NotEnrolled`], [`WalletError::Frozen`], [`WalletError::DeviceEnded`], or what went
    /// wrong with the service; the passes that are there stay as they are.
    pub async fn refresh(&self) -> Result<usize, WalletError> {
        let _flow = self.flow.lock().await;
        self.delete_loose_keys()?;
        let enrolled = self.enrolled()?.ok_or(WalletError::NotEnrolled)?;
        let filled = self.fill_up(&enrolled, &()).await;
        self.told_by(Some(&enrolled.issuer), filled).await
    }

    pub(crate) async fn fill_up(
        &self,
        enrolled: &Enrolled,
        observer: &dyn EnrolObserver,
    ) -> Result<usize, WalletError> {
        let (trust, issuer) = self.update_trust_and_time(&enrolled.issuer).await?;
        let at = self.read_endpoints(&issuer).await?;
        observer.reached(EnrolStep::ServiceVerified);
        self.drop_dead_passes()?;
        self.follow_epoch(&at, &trust).await?;
        let passes = self.follow_trust(&trust)?;
        let mut access = self.access(&at).await?;
        self.heed_account(&at, &mut access, &passes).await?;
        observer.reached(EnrolStep::OfferTaken);
        if !self.status()?.refresh_due {
            self.tell_passes(observer)?;
            return Ok(0);
        }
        self.fill_strip(&at, &trust, access, observer).await
    }

    /// Passes whose issuer's key the trust list names no more, as after a theft, are refused everywhere: all
    /// are replaced. Returns the others as the service looks them up, in base64url: day, index, and the
    /// digest of the device key.
    fn follow_trust(&self, trust: &VerifiedTrustList) -> Result<String, WalletError> {
        let now = self.now()?;
        let mut named = Vec::new();
        let mut all_are_good = true;
        for (_, stored) in self.passes_of(&[], true)? {
            let pass = UnverifiedPass::parse(&stored.pass);
            let pass = pass.and_then(|pass| VerifiedPass::verify(&pass, now, trust, &P256Backend));
            let Ok(pass) = pass else {
                all_are_good = false;
                continue;
            };
            let claims = pass.claims();
            named.extend(name_pass(claims.exp, claims.status_index, &claims.device_key));
        }
        if !all_are_good {
            // Nobody revoked these: a register that is put back from before knows their keys, and no newer
            // ones.
            self.have_strip_replaced(true)?;
        }
        Ok(BASE64URL_NOPAD.encode(&named))
    }

    /// Has all passes replaced at the next request; some of their keys are kept where they may still prove
    /// this phone.
    fn have_strip_replaced(&self, keeps: bool) -> Result<(), WalletError> {
        let mut enrolled = self.enrolled()?.ok_or(WalletError::NotEnrolled)?;
        if enrolled.replace_strip {
            return Ok(());
        }
        (enrolled.replace_strip, enrolled.keeps_replaced) = (true, keeps);
        let mut batch = Batch::default();
        batch.put(STATE, ENROLLED, &enrolled)?;
        batch.write(&self.vault)
    }

    /// Tells of an account that is not active, and has the strip replaced where the service revoked passes of
    /// it, or does not know them any more.
    async fn heed_account(
        &self,
        at: &Endpoints,
        access: &mut Access,
        passes: &str,
    ) -> Result<(), WalletError> {
        let account = self.account_in_flow(at, access, passes).await?;
        self.keep_account(&account)?;
        match account.state {
            AccountState::Active => {}
            AccountState::Frozen => return Err(WalletError::Frozen),
            AccountState::Revoked => return Err(WalletError::DeviceEnded),
        }
        // A level that was raised is said by the day's code; one that falls is left to its passes.
        let held = self.status()?.identity_level;
        let was_raised = held.is_some_and(|held| held < account.identity_level);
        if account.lacks_passes || was_raised { self.have_strip_replaced(false) } else { Ok(()) }
    }

    /// The access token that is there, or a new one for the refresh token. If the answer to the latter is
    /// lost, the refresh token that is still here stays good.
    pub(crate) async fn access(&self, at: &Endpoints) -> Result<Access, WalletError> {
        let now = self.now()?;
        match load::<Access>(&self.vault, STATE, ACCESS)? {
            Some(access) if access.expires_at > now.saturating_add(ACCESS_RESERVE) => Ok(access),
            _ => self.new_access(at).await,
        }
    }

    /// The same where the service has refused one: of several flows that it refuses at once the first gets a
    /// new one for all.
    pub(crate) async fn access_after(
        &self,
        at: &Endpoints,
        refused: &str,
    ) -> Result<Access, WalletError> {
        match load::<Access>(&self.vault, STATE, ACCESS)? {
            Some(access) if access.token != refused => self.access(at).await,
            _ => self.new_access(at).await,
        }
    }

    pub(crate) async fn new_access(&self, at: &Endpoints) -> Result<Access, WalletError> {
        let mut enrolled = self.enrolled()?.ok_or(WalletError::NotEnrolled)?;
        let refreshed = self.renew(at, &enrolled.refresh_token).await;
        let (used, tokens) = match (refreshed, enrolled.refresh_token_before.take()) {
            (Err(error), Some(before)) if is_not_taken(&error) => {
                (before.clone(), self.renew(at, &before).await)
            }
            (refreshed, _) => (enrolled.refresh_token.clone(), refreshed),
        };
        // Ended by the holder or a counter, replaced by another device, or not used for too long.
        let tokens = match tokens {
            Err(error) if is_ended(&error) => {
                self.keep_known(Standing::DeviceEnded)?;
                return Err(WalletError::DeviceEnded);
            }
            tokens => tokens?,
        };
        check_device(&tokens, self.this_device()?.as_deref())?;
        enrolled.refresh_token_before = Some(used);
        enrolled.refresh_token.clone_from(&tokens.refresh_token);
        self.keep_tokens(&enrolled, &tokens, Batch::default())
    }

    /// Asks for what the strip lacks until it lacks nothing: once, where the service takes a whole strip in
    /// one request. Where it gives no more passes for some of the days, the others are asked for one by one.
    pub(crate) async fn fill_strip(
        &self,
        at: &Endpoints,
        trust: &VerifiedTrustList,
        mut access: Access,
        observer: &dyn EnrolObserver,
    ) -> Result<usize, WalletError> {
        let (mut came, mut batch_size, mut refused) = (0, at.batch_size, Vec::new());
        // Each round brings at least one day or its refusal, but for the first refusal, so this many are
        // enough.
        for _ in 0..=self.days_ahead + 1 {
            let replaces = self.enrolled()?.is_some_and(|enrolled| enrolled.replace_strip);
            let held = if replaces { Vec::new() } else { self.held_days()? };
            let made = |made| {
                let made = held.len() + made;
                observer.reached(EnrolStep::Keys { made, of: self.whole_strip() });
            };
            let mut done = held.clone();
            done.extend(refused.iter().map(|(day, _)| *day));
            let today = end_of_day(self.now()?);
            let Some(days) = strip::gap(&done, today, self.days_ahead, batch_size) else {
                break;
            };
            let keys = self.make_keys(&days, made)?;
            let stored = match self.ask(at, &mut access, &days, &keys).await {
                Ok(passes) => self.keep_passes(trust, &days, &keys, passes, replaces),
                Err(error) => Err(error),
            };
            if let Err(error) = &stored {
                self.let_go_of(keys, error);
            }
            match stored {
                Err(WalletError::Refused(word)) if word == PASS_QUOTA => {
                    batch_size = 1;
                    refused.extend((days.len() == 1).then_some((days[0], PASS_QUOTA)));
                }
                Err(WalletError::Refused(word)) if word == PASS_LEVEL => {
                    batch_size = 1;
                    // Time alone never raises a level: no later day has one either.
                    let later = (0..=self.days_ahead).map(|ahead| days[0] + ahead * DAY);
                    let later = later.map(|day| (day, PASS_LEVEL));
                    refused.extend(later.filter(|_| days.len() == 1));
                }
                stored => {
                    stored?;
                    came += days.len();
                    self.tell_passes(observer)?;
                }
            }
            self.delete_loose_keys()?;
        }
        // Passes of later days are no consolation for whoever needs a code now.
        let today = end_of_day(self.now()?);
        let has_today = self.held_days()?.contains(&today);
        let of_today = refused.iter().find(|(day, _)| *day == today && !has_today);
        // A strip that ends with the level is as long as it can be.
        let quota = refused.iter().find(|(_, why)| *why == PASS_QUOTA && came == 0);
        match of_today.or(quota) {
            Some((_, why)) => Err(WalletError::Refused((*why).into())),
            None => Ok(came),
        }
    }

    fn tell_passes(&self, observer: &dyn EnrolObserver) -> Result<(), WalletError> {
        let (came, of) = (self.held_days()?.len(), self.whole_strip());
        observer.reached(EnrolStep::Passes { came, of });
        Ok(())
    }

    /// Days of a whole strip: today, and those ahead.
    fn whole_strip(&self) -> usize {
        usize::try_from(self.days_ahead).unwrap_or(usize::MAX).saturating_add(1)
    }

    /// Lets go of the keys of a strip that did not come. One that was kept for the case that only its answer
    /// was lost stays, unless the service itself refused.
    fn let_go_of(&self, keys: Vec<FreshKey>, error: &WalletError) {
        let asked = self.vault.list(ASKED_KEYS).unwrap_or_default();
        let was_refused = match error {
            WalletError::Refused(word) => !is_for_later(word),
            // Before it was sent.
            WalletError::Key(_) => true,
            _ => false,
        };
        let mut handles: Vec<String> = keys.into_iter().map(|key| key.handle).collect();
        for handle in handles.iter().filter(|handle| asked.contains(handle) && was_refused) {
            self.drop_asked_key(handle);
        }
        handles.retain(|handle| was_refused || !asked.contains(handle));
        self.discard(&handles);
    }

    /// One batch request. Repeated once with a fresh nonce, and once with a fresh access token, where the
    /// service asks for that; proofs carry the nonce, so they are signed anew.
    async fn ask(
        &self,
        at: &Endpoints,
        access: &mut Access,
        days: &[u64],
        keys: &[FreshKey],
    ) -> Result<Vec<Vec<u8>>, WalletError> {
        let (mut nonce_was_renewed, mut access_was_renewed) = (false, false);
        let by = self.vouching_keys()?;
        self.keep_asked_key(&by, keys)?;
        loop {
            let nonce = self.client.nonce(at).await?;
            let claims = json!({ "aud": at.issuer, "iat": self.now()?, "nonce": nonce });
            let vouching = self.vouch(&by, &claims)?;
            let proofs = self.make_proofs(&claims, &nonce, keys).await?;
            match self.client.passes(at, &access.token, days[0], &proofs, &vouching).await {
                Err(WalletError::Refused(word))
                    if word == "invalid_nonce" && !nonce_was_renewed =>
                {
                    nonce_was_renewed = true;
                }
                Err(WalletError::Refused(word))
                    if word == "invalid_token" && !access_was_renewed =>
                {
                    access_was_renewed = true;
                    *access = self.new_access(at).await?;
                }
                outcome => return outcome,
            }
        }
    }

    /// A proof by each key, or one with an attestation that speaks for all.
    async fn make_proofs(
        &self,
        claims: &Value,
        nonce: &str,
        keys: &[FreshKey],
    ) -> Result<Vec<String>, WalletError> {
        let attestation = self.attest(keys, nonce).await?;
        let proof = |key: &FreshKey| {
            let mut header = json!({ "typ": "openid4vci-proof+jwt", "alg": "ES256",
                "jwk": jose::jwk(&key.public)? });
            if let Some(attestation) = &attestation {
                header["key_attestation"] = json!(attestation);
            }
            let message = jose::message(&header, claims);
            let signature = self.keys.sign(&key.handle, message.as_bytes())?;
            Ok(format!("{message}.{}", BASE64URL_NOPAD.encode(&signature)))
        };
        let signing = if attestation.is_some() { &keys[..1] } else { keys };
        signing.iter().map(proof).collect()
    }

    async fn attest(&self, keys: &[FreshKey], nonce: &str) -> Result<Option<String>, WalletError> {
        let Some(attester) = self.attester.clone() else { return Ok(None) };
        let keys: Vec<_> = keys.iter().map(|key| (key.handle.clone(), key.public)).collect();
        let nonce = nonce.to_owned();
        // It may wait for a backend: off the threads that drive this wallet, and no longer than for a
        // request.
        let asked = tokio::task::spawn_blocking(move || attester.attest(&keys, &nonce));
        let answered = tokio::time::timeout(self.options.total_timeout + GRACE, asked).await;
        let answered = answered.map_err(|_| KeyError::Unavailable)?;
        Ok(answered.map_err(|_| KeyError::Unavailable)??)
    }

    /// Verifies every pass before one of them is kept; then keeps all at once, and lets go of those they
    /// replace.
    fn keep_passes(
        &self,
        trust: &VerifiedTrustList,
        days: &[u64],
        keys: &[FreshKey],
        passes: Vec<Vec<u8>>,
        replaces_all: bool,
    ) -> Result<(), WalletError> {
        if passes.len() != days.len() {
            return Err(WalletError::Answer("the number of passes is another"));
        }
        let now = self.now()?;
        let mut batch = Batch::default();
        let replaced = self.passes_of(days, replaces_all)?;
        for (day, _) in &replaced {
            batch.delete(PASSES, day_name(*day));
        }
        let enrolled = self.enrolled()?.filter(|_| replaces_all);
        // Passes of an earlier enrolment are another device's.
        let keeps = !self.is_enrolled_anew()?
            && enrolled.as_ref().is_some_and(|enrolled| enrolled.keeps_replaced);
        if keeps {
            self.keep_replaced(&mut batch, replaced)?;
        } else {
            for (_, stored) in replaced {
                batch.put(LOOSE_KEYS, stored.handle, &())?;
            }
        }
        // What was replaced since the service lacks or revoked it proves nothing, nor do the ones that are
        // kept.
        if replaces_all && !keeps {
            self.drop_kept(&mut batch, None)?;
        }
        for ((day, key), pass) in days.iter().zip(keys).zip(passes) {
            verify_own_pass(&pass, *day, key, now, trust).map_err(WalletError::Untrusted)?;
            batch.delete(LOOSE_KEYS, key.handle.clone());
            let holder_present = self.options.key_policy == KeyPolicy::HolderPresent;
            let stored = StoredPass { handle: key.handle.clone(), pass, holder_present };
            batch.put(PASSES, day_name(*day), &stored)?;
        }
        if let Some(mut enrolled) = enrolled {
            (enrolled.replace_strip, enrolled.keeps_replaced) = (false, false);
            batch.put(STATE, ENROLLED, &enrolled)?;
        }
        self.forget_asked_keys(&mut batch, keys)?;
        let is_another_person = self.forget_unlocking_of_before(&mut batch)?;
        batch.write(&self.vault)?;
        if is_another_person {
            self.lock();
        }
        Ok(())
    }

    /// The stored passes of some days, or all.
    pub(crate) fn passes_of(
        &self,
        days: &[u64],
        all: bool,
    ) -> Result<Vec<(u64, StoredPass)>, WalletError> {
        let mut found = Vec::new();
        for day in self.held_days()?.into_iter().filter(|day| all || days.contains(day)) {
            if let Some(stored) = self.stored_pass(day)? {
                found.push((day, stored));
            }
        }
        Ok(found)
    }

    /// Lets go of passes that no code can be made of: those of past days, and those whose key the key store
    /// has lost.
    fn drop_dead_passes(&self) -> Result<(), WalletError> {
        let today = end_of_day(self.now()?);
        let mut batch = Batch::default();
        // What ends one key ends all, so that the next one to be used speaks for the later ones.
        let mut has_to_sign = true;
        for (day, stored) in self.passes_of(&[], true)? {
            let is_over = day < today;
            let key_is_lost = !is_over && self.key_is_lost(&stored, has_to_sign);
            if is_over || key_is_lost {
                batch.put(LOOSE_KEYS, stored.handle.clone(), &())?;
                batch.delete(PASSES, day_name(day));
            } else {
                has_to_sign = false;
            }
        }
        self.drop_kept(&mut batch, Some(today))?;
        batch.write(&self.vault)?;
        self.delete_loose_keys()
    }

    /// Some key stores still show the public half of a key that signs no more: what it can do shows when it
    /// signs. A key that asks for the holder is not tried here, where nobody may be looking.
    fn key_is_lost(&self, stored: &StoredPass, has_to_sign: bool) -> bool {
        let lost = KeyError::Lost;
        self.keys.public_key(&stored.handle) == Err(lost)
            || has_to_sign
                && !stored.holder_present
                && self.keys.sign(&stored.handle, KEY_TRIAL) == Err(lost)
    }

    /// Lets go of the pass of a day whose key the key store has lost. While a flow runs, the flow does so
    /// itself.
    pub(crate) fn drop_pass_of_lost_key(&self, day: u64, handle: &str) {
        let Ok(_flow) = self.flow.try_lock() else { return };
        // Another pass may have come meanwhile. What fails here is done at the next code, or by a refresh.
        if let Ok(Some(stored)) = self.stored_pass(day)
            && stored.handle == handle
        {
            let mut batch = Batch::default();
            if batch.put(LOOSE_KEYS, handle, &()).is_ok() {
                batch.delete(PASSES, day_name(day));
                let _ = batch.write(&self.vault);
            }
        }
    }
}

/// True where the service takes a refresh token no more.
fn is_ended(error: &WalletError) -> bool {
    matches!(error, WalletError::Refused(word) if word == "invalid_grant")
}

/// The same, or a register that was put back does not have it: it may have the one before.
fn is_not_taken(error: &WalletError) -> bool {
    let words = [DEVICE_UNKNOWN, USE_KEY_PROOF];
    is_ended(error) || matches!(error, WalletError::Refused(word) if words.contains(&word.as_str()))
}

/// The issuer's signature, and that the pass is for our key and the day that was asked for.
fn verify_own_pass(
    pass: &[u8],
    day: u64,
    key: &FreshKey,
    now: u64,
    trust: &VerifiedTrustList,
) -> Result<(), Reason> {
    let pass = VerifiedPass::verify(&UnverifiedPass::parse(pass)?, now, trust, &P256Backend)?;
    if pass.claims().device_key == key.public && pass.claims().exp == day {
        Ok(())
    } else {
        Err(Reason::PassClaims)
    }
}
