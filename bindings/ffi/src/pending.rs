//! What waits for a signature of the shell's key store, and is used once.

use std::sync::{Arc, Mutex, PoisonError};

use szid_protocol::crypto::Signature;
use szid_wallet::{KeyError, SigningRequest};

use crate::errors::CoreError;
use crate::ports::read_signature;

pub(crate) struct Pending<T> {
    pub(crate) core: Arc<szid_wallet::Wallet>,
    pub(crate) handle: String,
    pub(crate) message: Vec<u8>,
    waiting: Mutex<Option<T>>,
}

impl<T> Pending<T> {
    pub(crate) fn new(
        core: &Arc<szid_wallet::Wallet>,
        waiting: T,
        request: impl FnOnce(&T) -> SigningRequest<'_>,
    ) -> Self {
        let SigningRequest { handle, message } = request(&waiting);
        let (handle, message) = (handle.to_owned(), message.to_vec());
        Self { core: Arc::clone(core), handle, message, waiting: Mutex::new(Some(waiting)) }
    }

    /// What waits; nothing where it was ended before.
    pub(crate) fn take(&self) -> Option<T> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The same with a signature in either form that key stores give. One that cannot be read leaves it
    /// waiting.
    pub(crate) fn take_with(&self, signature: &[u8]) -> Result<(T, Signature), CoreError> {
        let signature =
            read_signature(signature).ok_or(CoreError::Key(KeyError::WrongSignature))?;
        let waiting = self.take().ok_or(CoreError::Key(KeyError::TooLate))?;
        Ok((waiting, signature))
    }
}
