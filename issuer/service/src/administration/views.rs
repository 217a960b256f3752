//! The administration's JSON and what may stand in it: the same for the service and for `szid admin`.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_identity::hidden_marks::shows_plainly;
use szid_register::{
    Bearer, Made, NamedCredential, OperatorRole, RESERVED_NAMES, is_plain_letter, look_the_same,
};

/// The longest name of a person, bytes: it stands in the audit and on pages.
const MAX_PERSON_NAME: usize = 64;
/// The longest name of a venue or site, bytes.
const MAX_PLACE_NAME: usize = 200;
/// More scenes and ages than any venue needs.
const MAX_SCENES: usize = 100;
const MAX_AGES: usize = 20;
/// Nobody is older, years.
const OLDEST: u8 = 150;

/// The same as [`is_id`] and [`is_label`], for the description.
pub(crate) const ID_PATTERN: &str = "^[a-z0-9-]{1,22}$";
pub(crate) const LABEL_PATTERN: &str = "^[a-z0-9_-]{1,32}$";

/// Whether a text can be the id of a venue or site: it stands in codes and addresses.
pub fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=22).contains(&text.len()) && text.bytes().all(fits)
}

/// Whether a text can be a device's label: it stands in addresses, in receipts and in tables.
pub fn is_label(text: &str) -> bool {
    let fits = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
    };
    (1..=32).contains(&text.len()) && text.bytes().all(fits)
}

/// Whether a text can name an operator, a registrar or an administrator.
pub fn is_person_name(text: &str) -> bool {
    is_plain(text, MAX_PERSON_NAME)
        && text.chars().all(is_plain_letter)
        && !RESERVED_NAMES.iter().any(|reserved| look_the_same(reserved, text))
}

/// Whether a text can name a venue or a site.
pub fn is_place_name(text: &str) -> bool {
    is_plain(text, MAX_PLACE_NAME)
}

/// Why a venue is not registered for the scenes or the ages that were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumbersFault {
    /// There is no scene, or one is not this city's or comes twice.
    Scenes,
    /// An age cannot be right, or comes twice.
    Ages,
}

/// Whether a venue may be registered for these scenes, of those that the city has.
///
/// # Errors
/// [`NumbersFault::Scenes`].
pub fn check_scenes(scenes: &[u16], is_known: impl Fn(u16) -> bool) -> Result<(), NumbersFault> {
    let are_good = (1..=MAX_SCENES).contains(&scenes.len())
        && !has_twice(scenes)
        && scenes.iter().all(|scene| is_known(*scene));
    if are_good { Ok(()) } else { Err(NumbersFault::Scenes) }
}

/// Whether a venue may be registered to ask about these ages, years.
///
/// # Errors
/// [`NumbersFault::Ages`].
pub fn check_ages(ages: &[u8]) -> Result<(), NumbersFault> {
    let are_good = ages.len() <= MAX_AGES
        && !has_twice(ages)
        && ages.iter().all(|age| (1..=OLDEST).contains(age));
    if are_good { Ok(()) } else { Err(NumbersFault::Ages) }
}

fn has_twice<T: PartialEq>(these: &[T]) -> bool {
    these.iter().enumerate().any(|(at, one)| these[..at].contains(one))
}

fn is_plain(text: &str, longest: usize) -> bool {
    let fits = !text.is_empty() && text.len() <= longest;
    fits && text.trim() == text && text.chars().all(shows_plainly)
}

/// What a credential is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A device of a venue, which scans.
    Device,
    /// A person who looks after a venue.
    Operator,
    /// A person who enrols citizens.
    Registrar,
    /// A person who administers the service.
    Administrator,
}

/// Whose a credential is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BearerView {
    /// What it is for.
    pub role: Role,
    /// The venue's id, for a device or an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// The device's label, or who: two credentials of one name are one person.
    pub name: String,
    /// What an operator may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duty: Option<OperatorRole>,
}

/// Why nobody can bear a credential as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BearerFault {
    /// A member is missing, or one is there that the role does not have.
    #[error(
        "a device and an operator need a venue, an operator a duty, and nobody else has either"
    )]
    Members,
    /// The device's label.
    #[error("the device must be 1 to 32 lower-case letters, digits, hyphens and underscores")]
    Label,
    /// The person's name.
    #[error(
        "the name must be 1 to 64 bytes of Chinese characters, ASCII letters and digits, and not the word offline"
    )]
    Name,
}

impl BearerFault {
    /// The same in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Members => "设备和场所人员须指明场所，场所人员须指明职责，其他人都不填",
            Self::Label => "设备名称须为1至32个小写字母、数字、连字符和下划线",
            Self::Name => "姓名须为1至64字节的汉字、英文字母和数字，且不得为 offline",
        }
    }
}

impl TryFrom<BearerView> for Bearer {
    type Error = BearerFault;

    fn try_from(view: BearerView) -> Result<Self, BearerFault> {
        let BearerView { role, venue, name, duty } = view;
        let fits = if role == Role::Device { is_label(&name) } else { is_person_name(&name) };
        if !fits {
            return Err(if role == Role::Device { BearerFault::Label } else { BearerFault::Name });
        }
        match (role, venue, duty) {
            (Role::Device, Some(venue), None) => Ok(Self::Venue { venue, device: name }),
            (Role::Operator, Some(venue), Some(duty)) => Ok(Self::Operator { venue, name, duty }),
            (Role::Registrar, None, None) => Ok(Self::Registrar { registrar: name }),
            (Role::Administrator, None, None) => Ok(Self::Administrator { name }),
            _ => Err(BearerFault::Members),
        }
    }
}

impl From<Bearer> for BearerView {
    fn from(bearer: Bearer) -> Self {
        let (role, venue, name, duty) = match bearer {
            Bearer::Venue { venue, device } => (Role::Device, Some(venue), device, None),
            Bearer::Operator { venue, name, duty } => {
                (Role::Operator, Some(venue), name, Some(duty))
            }
            Bearer::Registrar { registrar } => (Role::Registrar, None, registrar, None),
            Bearer::Administrator { name } => (Role::Administrator, None, name, None),
        };
        Self { role, venue, name, duty }
    }
}

/// A credential as it is listed: never its secret.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CredentialView {
    /// Names the credential: no secret.
    pub credential: String,
    /// Whose it is.
    pub bearer: BearerView,
    /// `good` or `withdrawn`.
    pub state: &'static str,
    /// When it was made, Unix seconds; unknown for those of older software.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_at: Option<u64>,
    /// Who made it: an administrator, a venue's manager, or `offline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// The administrator who alone has withdrawn it, while no second one has confirmed that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_alone_by: Option<String>,
}

impl From<NamedCredential> for CredentialView {
    fn from(named: NamedCredential) -> Self {
        let (made_at, made_by) = named.credential.made.map(|Made { at, by }| (at, by)).unzip();
        Self {
            credential: BASE64URL_NOPAD.encode(&named.id),
            bearer: named.credential.bearer.into(),
            state: if named.credential.revoked { "withdrawn" } else { "good" },
            made_at,
            made_by,
            withdrawn_alone_by: named.credential.contested.map(|made| made.by),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_labels_and_names_have_their_bounds() {
        for good in ["library", "a", "hall-2", &"a".repeat(22)] {
            assert!(is_id(good) && is_label(good), "{good}");
        }
        for bad in ["", "Hall", "a b", "a/b", "馆", &"a".repeat(23)] {
            assert!(!is_id(bad), "{bad}");
        }
        assert!(is_label("gate_1") && !is_label("=1+1") && !is_label(&"a".repeat(33)));
        for bad in ["", " li", "li\n", "offline", &"a".repeat(65)] {
            assert!(!is_person_name(bad), "{bad}");
        }
        assert!(is_person_name("王 芳") && is_place_name(&"馆".repeat(66)));
        assert!(!is_place_name(&"馆".repeat(67)));
        // What shows another name than the one that is there.
        for bad in
            ["馆\u{202e}", "\u{2067}馆", "馆\u{200b}二", "馆\u{feff}", "馆\u{200f}二", "a\u{0}b"]
        {
            assert!(!is_place_name(bad) && !is_person_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_bearer_is_read_as_it_was_written_and_nothing_is_guessed() {
        let name = || "li".to_owned();
        let (venue, duty) = ("library".to_owned(), OperatorRole::Manager);
        for bearer in [
            Bearer::Venue { venue: venue.clone(), device: name() },
            Bearer::Operator { venue: venue.clone(), name: name(), duty },
            Bearer::Registrar { registrar: name() },
            Bearer::Administrator { name: name() },
        ] {
            let view = BearerView::from(bearer.clone());
            assert_eq!(Bearer::try_from(view.clone()), Ok(bearer));
            let venue = if view.venue.is_some() { None } else { Some(venue.clone()) };
            let wrong = BearerView { venue, ..view };
            assert_eq!(Bearer::try_from(wrong), Err(BearerFault::Members));
        }
    }
}
