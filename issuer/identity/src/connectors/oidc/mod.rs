//! Logins at OpenID Connect providers: the authorization code flow of a relying party (OpenID Connect Core
//! 1.0), in the FAPI 2.0 Security Profile where the party demands it: pushed requests (RFC 9126), PKCE
//! (RFC 7636), `private_key_jwt`, DPoP (RFC 9449), the issuer in the answer (RFC 9207), and encrypted ID
//! tokens.
//!
//! Parties are settings, not code: see [`OidcSetting`] and the profiles that come with the software.

mod claims;
mod client;
mod discovery;
mod dpop;
mod id_token;
mod jwe;
mod key_set;
mod setting;
mod visit;

use std::sync::Arc;

use szid_register::entropy::Entropy;

use self::claims::{level_of, look_up};
use self::client::Party;
use self::discovery::Metadata;
use self::dpop::DpopKey;
use self::id_token::{Expected, IdToken};
pub use self::jwe::{DecryptionKey, KeyFault};
pub use self::setting::{LevelRule, OidcFault, OidcKeys, OidcSetting, Profile, signing_key};
use self::visit::VisitKept;
use super::matching::{Named, is_of};
use super::{Asked, Connector, Proof, ProofFault, Proving, Returned, Step, Visit};

/// One provider, and the city as its client.
pub struct Oidc {
    setting: OidcSetting,
    demo_mode: bool,
    party: Party,
    entropy: Arc<dyn Entropy>,
}

impl Oidc {
    /// The provider of a setting. `return_to` is the address that browsers come back to, which the provider
    /// has to know; in demo mode a provider on this machine needs no TLS.
    ///
    /// # Errors
    /// [`OidcFault`].
    pub fn new(
        setting: OidcSetting,
        keys: OidcKeys,
        return_to: String,
        demo_mode: bool,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, OidcFault> {
        setting.check(&keys, demo_mode)?;
        let party = Party::new(&setting, keys, return_to, demo_mode)?;
        Ok(Self { setting, demo_mode, party, entropy })
    }

    async fn send_there(&self, asked: Asked<'_>) -> Result<Step, ProofFault> {
        let kept = VisitKept::draw(&*self.entropy)?;
        let metadata = self.party.metadata(asked.now).await?;
        let request = visit::Request {
            setting: &self.setting,
            return_to: self.party.return_to(),
            state: asked.state,
            kept: &kept,
        };
        let url = if self.setting.pushed {
            let pushed = self.party.push(&metadata, &request.parameters()?, asked.now).await?;
            visit::pushed_url(&metadata, &self.setting.client_id, &pushed)?
        } else {
            visit::plain_url(&metadata, &request.parameters()?)?
        };
        Ok(Step::Visit(Visit { url, kept: kept.to_bytes()? }))
    }

    async fn take_back(
        &self,
        asked: Asked<'_>,
        kept: &[u8],
        returned: &Returned,
    ) -> Result<Proof, ProofFault> {
        let kept = VisitKept::from_bytes(kept)?;
        let metadata = self.party.metadata(asked.now).await?;
        self.check_issuer(&metadata, returned)?;
        let code = returned.code.as_deref().ok_or(ProofFault::Answer("code"))?;
        let dpop = if self.setting.dpop { Some(DpopKey::of(&kept)?) } else { None };
        let tokens = self.party.redeem(&metadata, code, &kept, dpop.as_ref(), asked.now).await?;
        let expected = Expected {
            issuer: &self.setting.issuer,
            client_id: &self.setting.client_id,
            nonce: &kept.nonce,
            now: asked.now,
        };
        let token = self.party.open(&metadata, &tokens.id_token, asked.now).await?;
        let token = IdToken::read(&token, &expected)?;
        let level = level_of(&self.setting.levels, &token).ok_or(ProofFault::Level)?;
        let mut told = token.claims.clone();
        if self.setting.userinfo {
            let by = dpop.as_ref();
            let more = self.party.userinfo(&metadata, &tokens.access_token, by, asked.now).await?;
            // Another subject's answer would be taken for this one's (OpenID Connect Core 1.0, 5.3.2).
            if more.get("sub").and_then(|sub| sub.as_str()) != Some(&token.sub) {
                return Err(ProofFault::Answer("sub"));
            }
            told = more;
        }
        self.check_person(&asked, &told)?;
        Ok(Proof { level, at: token.proven_at.min(asked.now), expires_at: None })
    }

    /// Who answers must be who was asked (RFC 9207): else one provider's code is given to another one.
    fn check_issuer(&self, metadata: &Metadata, returned: &Returned) -> Result<(), ProofFault> {
        match &returned.iss {
            Some(iss) if *iss == self.setting.issuer => Ok(()),
            None if !metadata.names_issuer => Ok(()),
            _ => Err(ProofFault::Answer("iss")),
        }
    }

    /// The document that the party names has to be the one that is kept, and the name with it.
    fn check_person(&self, asked: &Asked<'_>, told: &serde_json::Value) -> Result<(), ProofFault> {
        let identity = asked.identity;
        let pointer = self.setting.documents.get(&identity.document_type);
        let pointer = pointer.ok_or(ProofFault::Document)?;
        let number = look_up(told, pointer).ok_or(ProofFault::Document)?;
        let name = match &self.setting.name_claim {
            Some(pointer) => Some(look_up(told, pointer).ok_or(ProofFault::Answer("name"))?),
            None => None,
        };
        let named = Named { document_type: &identity.document_type, number, name };
        if is_of(&named, identity, self.demo_mode, asked.now) {
            Ok(())
        } else {
            Err(ProofFault::OtherPerson)
        }
    }
}

impl Connector for Oidc {
    fn name(&self) -> &str {
        &self.setting.name
    }

    fn method(&self) -> &str {
        &self.setting.method
    }

    fn begin<'a>(&'a self, asked: Asked<'a>) -> Proving<'a, Step> {
        Box::pin(self.send_there(asked))
    }

    fn finish<'a>(
        &'a self,
        asked: Asked<'a>,
        visit: &'a [u8],
        returned: &'a Returned,
    ) -> Proving<'a, Proof> {
        Box::pin(self.take_back(asked, visit, returned))
    }
}
