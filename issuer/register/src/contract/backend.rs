//! What a database must do for the rules. A backend's tests call [`backend_contract`] with a way to make
//! empty registers on it.

mod durable;
mod groups;
mod isolated;
mod ranges;
mod refused;

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::StoreError;
use crate::backend::View;
use crate::register::Register;
use crate::rules::Transaction;

/// Where a backend keeps one register.
pub(crate) trait BackendPlace {
    /// Opens it; a second time after the first was dropped.
    fn open(&self) -> Register;

    /// Opens it, with what makes the next commit fail, once.
    fn open_to_fail(&self) -> (Register, Box<dyn Fn()>);

    /// What a kill leaves at this moment, while the register is open and nothing closes it.
    fn killed(&self) -> Box<dyn BackendPlace>;
}

/// Runs every case on a new, empty place.
pub(crate) async fn backend_contract<P: BackendPlace>(new_place: impl Fn() -> P) {
    durable::what_was_answered_is_there_after_reopening(&new_place()).await;
    durable::what_was_answered_is_there_after_a_kill(&new_place()).await;
    durable::a_change_whose_caller_went_away_is_made(&new_place()).await;
    groups::a_change_that_fails_leaves_nothing_and_its_neighbours_stay(&new_place()).await;
    groups::what_a_failed_change_did_to_its_neighbours_rows_is_undone(&new_place()).await;
    groups::a_change_that_fails_first_or_last_leaves_nothing(&new_place()).await;
    groups::a_change_that_panics_leaves_nothing_and_writing_goes_on(&new_place()).await;
    groups::a_key_that_no_database_takes_is_refused_and_is_found_nowhere(&new_place()).await;
    groups::groups_come_to_the_same_as_a_model(&new_place()).await;
    refused::a_commit_that_fails_leaves_nothing_of_its_group(&new_place()).await;
    isolated::nothing_is_read_before_it_is_durable(&new_place()).await;
    isolated::no_reader_sees_a_part_of_a_change(&new_place()).await;
    isolated::a_change_sees_those_before_it(&new_place()).await;
    isolated::changes_of_many_threads_come_one_after_the_other(&new_place()).await;
    isolated::a_snapshot_stays_as_it_was(&new_place()).await;
    ranges::rows_are_in_order_both_ways_and_within_their_bounds(&new_place()).await;
    ranges::nothing_comes_after_the_last_key(&new_place()).await;
    ranges::a_change_reads_ranges_with_what_its_group_put_and_removed(&new_place()).await;
    ranges::the_first_and_the_last_of_a_range_are_had_alone(&new_place()).await;
    ranges::kinds_that_share_a_table_keep_to_their_own_rows(&new_place()).await;
    ranges::texts_are_in_the_order_of_their_bytes(&new_place()).await;
}

/// A change of a group; says how it ended.
pub(crate) type Step = Box<dyn FnOnce(&mut Transaction) -> Result<(), StoreError> + Send>;

pub(crate) fn step(
    run: impl FnOnce(&mut Transaction) -> Result<(), StoreError> + Send + 'static,
) -> Step {
    Box::new(run)
}

/// How long the first change of a group waits for the others. Where a backend applies changes on the thread
/// that submits them, nobody would end that wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// Has changes applied in one group: the first one holds the writer until the others wait behind it.
pub(crate) async fn in_one_group(
    register: &Register,
    steps: Vec<Step>,
) -> Vec<Result<(), StoreError>> {
    let (all_wait, held): (_, Receiver<()>) = channel();
    let first = register.submit(move |_| {
        assert!(held.recv_timeout(PATIENCE).is_ok(), "changes are applied aside, in groups");
        Ok(())
    });
    let answers: Vec<_> = steps.into_iter().map(|step| register.submit(step)).collect();
    all_wait.send(()).unwrap();
    first.await.ok();
    let mut ended = Vec::new();
    for answer in answers {
        ended.push(answer.await);
    }
    ended
}

/// What there is now.
fn see<T>(register: &Register, look: impl FnOnce(&dyn View) -> Result<T, StoreError>) -> T {
    register.look(look).unwrap()
}
