//! Changes of venues and sites that name what changes: what they leave out stays as it is.

use super::{Site, Venue};

/// A venue, or what changes of it. One that is not known yet needs name, code and scenes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VenuePatch {
    /// Its id.
    pub id: String,
    /// Another name.
    pub name: Option<String>,
    /// Another unified social credit code.
    pub uscc: Option<String>,
    /// The scenes from now on.
    pub scenes: Option<Vec<u16>>,
    /// The ages from now on; none with an empty list.
    pub ages: Option<Vec<u8>>,
    /// True to suspend it. No suspension is lifted in this way.
    pub suspended: bool,
}

impl From<Venue> for VenuePatch {
    fn from(Venue { id, name, uscc, scenes, suspended, ages }: Venue) -> Self {
        let (name, uscc, scenes, ages) = (Some(name), Some(uscc), Some(scenes), Some(ages));
        Self { id, name, uscc, scenes, ages, suspended }
    }
}

impl VenuePatch {
    /// The venue as it is to be; none where it is not known and not whole.
    pub fn applied_to(&self, known: Option<&Venue>) -> Option<Venue> {
        let Self { id, name, uscc, scenes, ages, suspended } = self.clone();
        let ages = ages.or_else(|| known.map(|known| known.ages.clone())).unwrap_or_default();
        Some(Venue {
            id,
            name: name.or_else(|| known.map(|known| known.name.clone()))?,
            uscc: uscc.or_else(|| known.map(|known| known.uscc.clone()))?,
            scenes: scenes.or_else(|| known.map(|known| known.scenes.clone()))?,
            suspended: suspended || known.is_some_and(|known| known.suspended),
            ages,
        })
    }
}

/// A site, or what changes of it. One that is not known yet needs a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SitePatch {
    /// The venue's id.
    pub venue: String,
    /// Its own.
    pub id: String,
    /// Another name.
    pub name: Option<String>,
    /// True to close it. It is not opened again in this way.
    pub closed: bool,
}

impl From<Site> for SitePatch {
    fn from(Site { venue, id, name, closed }: Site) -> Self {
        Self { venue, id, name: Some(name), closed }
    }
}

impl SitePatch {
    /// The site as it is to be; none where it is not known and has no name.
    pub fn applied_to(&self, known: Option<&Site>) -> Option<Site> {
        let Self { venue, id, name, closed } = self.clone();
        let name = name.or_else(|| known.map(|known| known.name.clone()))?;
        Some(Site { venue, id, name, closed: closed || known.is_some_and(|known| known.closed) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays_and_what_is_not_known_must_be_whole() {
        let (id, name, uscc) = ("library".to_owned(), "图书馆".into(), "12440399EXAMPLEB3N".into());
        let venue =
            Venue { id: id.clone(), name, uscc, scenes: vec![2], suspended: true, ages: vec![60] };
        let only = || VenuePatch { id: id.clone(), ..VenuePatch::default() };
        assert_eq!(only().applied_to(Some(&venue)), Some(venue.clone()));
        assert_eq!(only().applied_to(None), None);
        let renamed =
            VenuePatch { name: Some("市图书馆".into()), ..only() }.applied_to(Some(&venue));
        assert_eq!(renamed, Some(Venue { name: "市图书馆".into(), ..venue.clone() }));
        let none = VenuePatch { ages: Some(Vec::new()), ..only() }.applied_to(Some(&venue));
        assert_eq!(none, Some(Venue { ages: Vec::new(), ..venue.clone() }));
        assert_eq!(VenuePatch::from(venue.clone()).applied_to(None), Some(venue));
        let (venue, id, name) = ("library".to_owned(), "east".to_owned(), "东馆".to_owned());
        let site = Site { venue: venue.clone(), id: id.clone(), name, closed: true };
        let only = SitePatch { venue, id, ..SitePatch::default() };
        assert_eq!((only.applied_to(Some(&site)), only.applied_to(None)), (Some(site), None));
    }
}
