//! HTTP clients that are wrong in one way each: the contract finds every one.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::http::{Http, HttpAnswer, HttpError, HttpFuture, HttpMethod, HttpRequest};
use crate::reqwest_http::ReqwestHttp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Method,
    Target,
    NoAuthorisation,
    AuthorisationTwice,
    BodyAsText,
    EmptyPostAsGet,
    RefusalsFail,
    RefusalsWithoutBody,
    FirstPieceOnly,
    Caches,
    KeepsCookies,
    FollowsRedirects,
    RedirectsFail,
    SmallerBound,
    CutsAtTheBound,
    NoBound,
    TooLargeIsUnreachable,
    ReadsToTheEnd,
    TakesWhatCame,
    Retries,
    UnreachableIsTooLarge,
    NeverGivesUp,
    OneAtATime,
    AnswersEvenLate,
}

const CLAUSES: [(Wrong, &str); 24] = [
    (Wrong::Method, "the method is kept"),
    (Wrong::Target, "the address is kept"),
    (Wrong::NoAuthorisation, "a header is sent as it is, once"),
    (Wrong::AuthorisationTwice, "a header is sent as it is, once"),
    (Wrong::BodyAsText, "the body is sent as it is"),
    (Wrong::EmptyPostAsGet, "a POST without a body stays one"),
    (Wrong::RefusalsFail, "each status comes with its body"),
    (Wrong::RefusalsWithoutBody, "each status comes with its body"),
    (Wrong::FirstPieceOnly, "an answer comes whole"),
    (Wrong::Caches, "nothing is cached"),
    (Wrong::KeepsCookies, "no cookie is kept"),
    (Wrong::FollowsRedirects, "no redirect is followed"),
    (Wrong::RedirectsFail, "a redirect comes as an answer"),
    (Wrong::SmallerBound, "an answer may be as long as the bound"),
    (Wrong::CutsAtTheBound, "an answer beyond the bound is too large"),
    (Wrong::NoBound, "an answer beyond the bound is too large"),
    (Wrong::TooLargeIsUnreachable, "an answer beyond the bound is too large"),
    (Wrong::ReadsToTheEnd, "reading stops at the bound"),
    (Wrong::TakesWhatCame, "an answer that is cut short is none"),
    (Wrong::Retries, "a POST is sent once"),
    (Wrong::UnreachableIsTooLarge, "an answer that is cut short is none"),
    (Wrong::NeverGivesUp, "each request ends within its time"),
    (Wrong::OneAtATime, "one that waits holds up no other"),
    (Wrong::AnswersEvenLate, "an answer that does not come in time is none"),
];

struct WrongHttp {
    wrong: Wrong,
    right: ReqwestHttp,
    following: reqwest::Client,
    cache: Mutex<HashMap<String, HttpAnswer>>,
    turn: tokio::sync::Mutex<()>,
}

impl WrongHttp {
    fn new(wrong: Wrong) -> Self {
        let (following, cache, turn) =
            (reqwest::Client::new(), Mutex::default(), Default::default());
        Self { wrong, right: ReqwestHttp::new(), following, cache, turn }
    }

    async fn send_wrongly(&self, mut request: HttpRequest) -> Result<HttpAnswer, HttpError> {
        let (bound, url) = (request.max_answer, request.url.clone());
        let is_get = request.method == HttpMethod::Get;
        let mut turn = None;
        match self.wrong {
            Wrong::Method if request.method == HttpMethod::Delete => {
                request.method = HttpMethod::Post;
            }
            Wrong::Target => request.url = url.replace("%2B", "+"),
            Wrong::NoAuthorisation => request.headers.retain(|(name, _)| *name != "authorization"),
            Wrong::AuthorisationTwice => {
                let again = request.headers.iter().find(|(name, _)| *name == "authorization");
                request.headers.extend(again.cloned());
            }
            Wrong::BodyAsText => {
                let text = String::from_utf8_lossy(&request.body).into_owned();
                request.body = Zeroizing::new(text.into_bytes());
            }
            Wrong::EmptyPostAsGet
                if request.body.is_empty() && request.method == HttpMethod::Post =>
            {
                request.method = HttpMethod::Get;
            }
            Wrong::Caches if is_get => {
                if let Some(held) = self.cache.lock().unwrap().get(&url) {
                    return Ok(held.clone());
                }
            }
            Wrong::KeepsCookies => request.headers.push(("cookie", "id=1".to_owned().into())),
            Wrong::FollowsRedirects if is_get && url.contains("/to/") => {
                let answer = self.following.get(&url).send().await;
                let answer = answer.map_err(|_| HttpError::Unreachable)?;
                let status = answer.status().as_u16();
                let body = answer.bytes().await.map_err(|_| HttpError::Unreachable)?;
                return Ok(HttpAnswer { status, body: Zeroizing::new(body.to_vec()) });
            }
            Wrong::SmallerBound => request.max_answer -= 1,
            Wrong::CutsAtTheBound | Wrong::NoBound | Wrong::ReadsToTheEnd => {
                request.max_answer = usize::MAX;
            }
            Wrong::NeverGivesUp | Wrong::AnswersEvenLate => {
                request.timeout = Duration::from_secs(60);
            }
            Wrong::OneAtATime => turn = Some(self.turn.lock().await),
            _ => {}
        }
        let again = request.clone();
        let answer = if self.wrong == Wrong::AnswersEvenLate {
            let late = tokio::time::timeout(Duration::from_secs(1), self.right.send(request));
            let empty = HttpAnswer { status: 200, body: Zeroizing::default() };
            late.await.unwrap_or(Ok(empty))
        } else {
            self.right.send(request).await
        };
        drop(turn);
        self.answer_wrongly(answer, bound, again).await
    }

    async fn answer_wrongly(
        &self,
        answer: Result<HttpAnswer, HttpError>,
        bound: usize,
        again: HttpRequest,
    ) -> Result<HttpAnswer, HttpError> {
        let is_post = again.method == HttpMethod::Post;
        match (self.wrong, answer) {
            (Wrong::RefusalsFail, Ok(answer)) if answer.status >= 400 => {
                Err(HttpError::Unreachable)
            }
            (Wrong::RefusalsWithoutBody, Ok(answer)) if answer.status == 401 => {
                Ok(HttpAnswer { body: Zeroizing::default(), ..answer })
            }
            (Wrong::FirstPieceOnly, Ok(mut answer)) if again.url.ends_with("chunked") => {
                answer.body.truncate(7);
                Ok(answer)
            }
            (Wrong::Caches, Ok(answer)) if !is_post => {
                self.cache.lock().unwrap().insert(again.url, answer.clone());
                Ok(answer)
            }
            (Wrong::RedirectsFail, Ok(answer)) if (300..400).contains(&answer.status) => {
                Err(HttpError::Unreachable)
            }
            (Wrong::CutsAtTheBound, Ok(mut answer)) => {
                answer.body.truncate(bound);
                Ok(answer)
            }
            (Wrong::ReadsToTheEnd, Ok(answer)) if answer.body.len() > bound => {
                Err(HttpError::TooLarge)
            }
            (Wrong::TooLargeIsUnreachable, Err(_)) => Err(HttpError::Unreachable),
            (Wrong::UnreachableIsTooLarge, Err(_)) => Err(HttpError::TooLarge),
            (Wrong::TakesWhatCame, Err(HttpError::Unreachable)) => {
                Ok(HttpAnswer { status: 200, body: Zeroizing::default() })
            }
            (Wrong::Retries, Err(_)) => self.right.send(again).await,
            (_, answer) => answer,
        }
    }
}

impl Http for WrongHttp {
    fn send(&self, request: HttpRequest) -> HttpFuture<'_> {
        Box::pin(self.send_wrongly(request))
    }
}

fn provide() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

#[tokio::test]
async fn the_client_of_programs_keeps_the_contract() {
    provide();
    super::http(&ReqwestHttp::new()).await;
}

#[tokio::test]
async fn every_wrong_client_is_found_and_the_clause_is_named() {
    provide();
    let checks = CLAUSES.map(|(wrong, clause)| {
        let check = tokio::spawn(async move { super::http(&WrongHttp::new(wrong)).await });
        (wrong, clause, check)
    });
    for (wrong, clause, check) in checks {
        let panic = check.await.expect_err(&format!("{wrong:?} is not found")).into_panic();
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        let told = text.strip_prefix("assertion `left == right` failed: ").unwrap_or(text);
        // Where its time is over before it has read to the end, it is named by what it was reading.
        let by_its_time = wrong == Wrong::ReadsToTheEnd
            && told.starts_with("an answer without an end is too large");
        assert!(told.starts_with(clause) || by_its_time, "{wrong:?}: {told}");
    }
}
