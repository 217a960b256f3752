//! A register is founded in an empty place, by no opening, and keeps its marks.

use super::*;

#[test]
fn an_empty_place_is_not_opened_and_stays_empty() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("missing/register")] {
        let error = Register::open(&path, &SystemEntropy).err();
        assert_eq!(error, Some(StoreError::NoRegister(path.display().to_string())));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_register_is_founded_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register");
    // What a founding that was killed left behind.
    std::fs::create_dir(folder.path().join("register.founding")).unwrap();
    std::fs::write(folder.path().join("register.founding/half"), "made").unwrap();
    found(&path, Mode::Demo).unwrap();
    let id = open(&path).register_id().unwrap();
    let again = found(&path, Mode::Production);
    assert_eq!(again, Err(StoreError::Occupied(path.display().to_string())));
    let store = open(&path);
    assert_eq!(store.register_id().unwrap(), id);
    assert_eq!(store.seal().unwrap().map(|seal| seal.mode), Some(Mode::Demo));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_production_register_takes_no_fictional_organisation() {
    let folder = tempfile::tempdir().unwrap();
    let venue = |uscc: &str| Venue {
        id: "library".into(),
        name: "x".into(),
        uscc: uscc.into(),
        scenes: vec![2],
        suspended: false,
        ages: Vec::new(),
    };
    let (real, fictional) = ("11100000000013127D", "12440399EXAMPLEB3N");
    let path = folder.path().join("production");
    found(&path, Mode::Production).unwrap();
    let store = open(&path);
    assert_eq!(store.put_venue(venue(fictional), NOW).await, Err(StoreError::Fictional));
    assert_eq!(store.venue("library").await, Ok(None));
    store.put_venue(venue(real), NOW).await.unwrap();
    let demo = open(&folder.path().join("demo"));
    demo.put_venue(venue(fictional), NOW).await.unwrap();
}

#[test]
fn a_register_of_format_4_gets_an_id_and_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    to_format_4(folder.path());
    let store = open(folder.path());
    let id = store.register_id().unwrap();
    assert!(store.seal().unwrap().is_none());
    drop(store);
    assert_eq!(open(folder.path()).register_id().unwrap(), id);
}
