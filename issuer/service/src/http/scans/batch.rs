//! Many scans at once, for turnstiles and ticket gates.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use szid_protocol::reason::Reason;
use szid_protocol::scene::ConsentRule;
use szid_protocol::verdict::Decision;

use super::answer::{ScanAnswer, answer};
use super::deciding::{Judged, Scan};
use super::{ScanRequest, asking, judging};
use crate::access::VenueDevice;
use crate::http::body::JsonBody;
use crate::http::problem::Refusal;
use crate::http::refusals::{Problems, Unprocessable};
use crate::http::{App, Problem};
use crate::store::{Consent, Kept};

const MAX_BATCH: usize = 100;
/// Codes that are verified in a row: below a millisecond's work, so that a large batch is spread over the
/// cores and holds up nobody else's request.
const CHUNK: usize = 4;

#[derive(Deserialize, utoipa::ToSchema)]
pub(in crate::http) struct BatchRequest {
    /// At most 100.
    #[schema(max_items = 100)]
    scans: Vec<ScanRequest>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct BatchAnswer {
    /// In the order of the scans.
    verdicts: Vec<ScanAnswer>,
}

/// Verifies many codes, for turnstiles and ticket gates. No claims are given, and scenes that ask the citizen
/// are refused here. A request that is wrong in one scan is refused as a whole, before any code is looked at.
#[utoipa::path(post, path = "/v1/scans/batch", tag = "scans",
    operation_id = "scan_batch", security(("venue" = []), ("console" = [])),
    request_body = BatchRequest, responses(
    (status = 200, body = BatchAnswer),
    Problems, Unprocessable,
))]
pub(in crate::http) async fn batch(
    caller: VenueDevice,
    State(service): State<App>,
    JsonBody(request): JsonBody<BatchRequest>,
) -> Result<Json<BatchAnswer>, Refusal> {
    if request.scans.len() > MAX_BATCH {
        return Err(Problem::TooLarge.into());
    }
    caller.pay(&service, request.scans.len())?;
    let now = service.clock.now();
    let scenes = service.scenes.current();
    let checked = request.scans.into_iter().map(|scan| asking::check(scan, &caller, &scenes));
    let mut scans = checked.collect::<Result<Vec<_>, _>>()?;
    let mut chunks = Vec::new();
    while !scans.is_empty() {
        let rest = scans.split_off(scans.len().min(CHUNK));
        let chunk = std::mem::replace(&mut scans, rest);
        let (service, scenes) = (App::clone(&service), scenes.clone());
        let caller = caller.clone();
        chunks.push(tokio::spawn(async move {
            let judged = chunk.into_iter().map(|scan| {
                let verdict = judging::judge(&service, &caller, &scenes, &scan, now);
                (scan, verdict)
            });
            judged.collect::<Vec<_>>()
        }));
    }
    let (mut records, mut verdicts) = (Vec::new(), Vec::new());
    for chunk in chunks {
        for (scan, verdict) in
            chunk.await.map_err(|_| Problem::internal("a batch was not judged to its end"))?
        {
            let policy = scenes.policies.scene(scan.scene).map_err(|_| Problem::SceneDenied)?;
            let of_scan = Scan { service: &service, caller: &caller, policy, now };
            if verdict.reason().leaves_a_count() {
                verdicts.push((verdict, policy, of_scan.count_unreadable()?, false));
                continue;
            }
            let (mut verdict, holder) = judging::ask_register(&service, verdict, policy).await?;
            let person = holder.map(|holder| holder.id);
            if policy.consent == ConsentRule::Ask && verdict.decision() == Decision::Accept {
                verdict = verdict.overruled(Reason::ConsentNeeded);
            }
            let judged = Judged::unasked(scan, verdict, person);
            let record = of_scan.record(&judged, None)?;
            verdicts.push((judged.verdict, policy, record.receipt, true));
            records.push(record);
        }
    }
    let kept = match records.is_empty() {
        true => Vec::new(),
        false => service.store.record_scans(records).await?,
    };
    let mut kept = kept.into_iter();
    let answers = verdicts.into_iter().map(|(mut verdict, policy, receipt, is_kept)| {
        if is_kept {
            // Without keys of idempotency every scan is new.
            let Some(Kept::New(seen)) = kept.next() else {
                return Err(Problem::internal("an answer to a request without its key"));
            };
            verdict = verdict.after_use(seen, policy.replay);
        }
        Ok(answer(&service, &verdict, policy, None, Consent::NotAsked, &receipt, now))
    });
    let verdicts = answers.collect::<Result<_, Problem>>()?;
    Ok(Json(BatchAnswer { verdicts }))
}
