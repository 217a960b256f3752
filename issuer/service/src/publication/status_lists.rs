//! Signed status lists, each signed anew when it changed or half its time to live is over.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use szid_protocol::crypto::Signer;
use szid_protocol::error::EncodeError;
use szid_protocol::pass::STATUS_LIST_ENTRIES;
use szid_protocol::status::{StatusBits, StatusList, list_uri};
use szid_protocol::verify::codes_end;

use super::{Published, StatusBoard};

/// How long a verifier may keep a status list, seconds.
pub const STATUS_TTL: u64 = 60;
/// Valid, revoked, suspended (docs/adr/0003-two-bit-status.md).
const STATUS_BITS: u8 = 2;

pub(crate) struct StatusLists {
    prefix: String,
    signer: Arc<dyn Signer>,
    signed: RwLock<HashMap<(u64, u32), Signed>>,
    /// One list is signed at a time: requests for the same one wait for it instead of signing it as well.
    signing: tokio::sync::Mutex<()>,
}

struct Signed {
    changes: u64,
    document: Published,
}

impl StatusLists {
    pub(crate) fn new(prefix: String, signer: Arc<dyn Signer>) -> Self {
        Self { prefix, signer, signed: RwLock::default(), signing: tokio::sync::Mutex::default() }
    }

    /// The signed list. The caller has checked that the day has this list.
    pub(crate) async fn document(
        self: Arc<Self>,
        board: Arc<StatusBoard>,
        (exp, list): (u64, u32),
        now: u64,
    ) -> Result<Published, EncodeError> {
        if let Some(document) = self.fresh(&board, (exp, list), now) {
            return Ok(document);
        }
        let _turn = self.signing.lock().await;
        if let Some(document) = self.fresh(&board, (exp, list), now) {
            return Ok(document);
        }
        let lists = Arc::clone(&self);
        // A list of 2^20 entries is milliseconds of work: off the threads that answer others.
        let signed = tokio::task::spawn_blocking(move || lists.sign(&board, (exp, list), now));
        let signed = signed.await.map_err(|_| EncodeError::Key)??;
        let document = signed.document.clone();
        let mut held = self.signed.write().unwrap_or_else(PoisonError::into_inner);
        held.retain(|(day, _), _| codes_end(*day) > now);
        held.insert((exp, list), signed);
        Ok(document)
    }

    fn fresh(&self, board: &StatusBoard, key: (u64, u32), now: u64) -> Option<Published> {
        let held = self.signed.read().unwrap_or_else(PoisonError::into_inner);
        let known = held.get(&key)?;
        let current = known.changes == board.changes(key);
        let young = now < known.document.made_at + STATUS_TTL / 2;
        (current && young && !known.document.is_ahead(now)).then(|| known.document.clone())
    }

    fn sign(
        &self,
        board: &StatusBoard,
        (exp, list): (u64, u32),
        now: u64,
    ) -> Result<Signed, EncodeError> {
        let (changes, entries) = board.list((exp, list));
        let mut statuses =
            StatusBits::new(STATUS_LIST_ENTRIES, STATUS_BITS).ok_or(EncodeError::TooLarge)?;
        for (position, status) in entries {
            statuses.set(position, status);
        }
        let uri = list_uri(&self.prefix, exp, list);
        let document = StatusList { uri, iat: now, exp: codes_end(exp), ttl: STATUS_TTL, statuses };
        let bytes = document.sign(&*self.signer)?;
        Ok(Signed { changes, document: Published::new(bytes, now) })
    }
}
