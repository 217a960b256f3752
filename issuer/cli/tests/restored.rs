//! `szid admin audit` and `szid admin restored` after a data folder was put back from a copy.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod operator;

use std::path::Path;

use operator::{Operator, done, szid};
use serde_json::Value;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if entry.is_dir() {
            copy(&entry, &to.join(name));
        } else {
            std::fs::copy(&entry, to.join(name)).unwrap();
        }
    }
}

#[test]
fn entries_that_are_gone_are_told_and_the_register_is_put_in_order_first() {
    let operator = Operator::set_up();
    let (data, aside) = (operator.file("data"), operator.file("aside"));
    let audit = || {
        let output = szid(operator.path(), &["admin", "audit", "--data", "data"]);
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), told)
    };
    copy(&data, &aside);
    operator.credential(&["--registrar", "counter-9"]);
    let (code, told) = audit();
    assert_eq!((code, &told["whole"], &told["witnessed"]), (Some(0), &true.into(), &true.into()));
    std::fs::remove_dir_all(&data).unwrap();
    copy(&aside, &data);

    let (code, told) = audit();
    assert_eq!((code, &told["whole"]), (Some(1), &false.into()), "{told}");
    let register = ["admin", "credential", "--data", "data", "--registrar", "counter-9"];
    let refused = szid(operator.path(), &register);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{text}");
    assert!(text.contains("REGISTER_BEHIND") && text.contains("szid admin restored"), "{text}");

    let restored = ["admin", "restored", "--data", "data", "--keys", "keys", "--json"];
    let told: Value = serde_json::from_str(&done(operator.path(), &restored)).unwrap();
    assert_eq!((&told["epoch"], &told["unknown_passes"]), (&1.into(), &0.into()), "{told}");
    let (code, told) = audit();
    assert_eq!((code, &told["whole"], &told["epoch"]), (Some(0), &true.into(), &1.into()));
    done(operator.path(), &register);
    let again = szid(operator.path(), &restored);
    assert_eq!(again.status.code(), Some(1), "nothing is lost any more");
}
