//! What a login is worth, and who it names.

use serde_json::Value;

use super::id_token::IdToken;
use super::setting::LevelRule;

/// The longest value that is looked at, bytes.
const MAX_VALUE: usize = 256;

/// The level of the first rule that fits.
pub(super) fn level_of(rules: &[LevelRule], token: &IdToken) -> Option<u8> {
    let fits = |rule: &&LevelRule| {
        rule.acr.as_ref().is_none_or(|acr| token.acr.as_ref() == Some(acr))
            && rule.amr.iter().all(|method| token.amr.contains(method))
    };
    rules.iter().find(fits).map(|rule| rule.level)
}

/// The text at a JSON pointer (RFC 6901).
pub(super) fn look_up<'a>(claims: &'a Value, pointer: &str) -> Option<&'a str> {
    let text = claims.pointer(pointer)?.as_str()?;
    (!text.is_empty() && text.len() <= MAX_VALUE).then_some(text)
}
