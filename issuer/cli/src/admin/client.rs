//! The administration of a running service, over its local socket or HTTPS.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde_json::Value;
use szid_issuer::commands::CommandFault;
use szid_register::{CredentialScope, look_the_same};
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

use super::credentials::pages;
use super::{changes, shown};
use crate::{Failure, system};

/// How long the service may take to be reached.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// Where an administrator's credential is read: not among the arguments, which everybody on the machine can
/// see.
const CREDENTIAL: &str = "SZID_CREDENTIAL";
/// The exit code of what waits for a second administrator.
const WAITS: u8 = 3;

/// A running service, spoken to as one administrator.
pub(super) struct Client {
    runtime: Runtime,
    http: reqwest::Client,
    base: Url,
    credential: Zeroizing<String>,
}

/// What a request names by an id, and what it is where there is none.
pub(super) enum Named<'a> {
    /// A request that waits.
    Request(&'a str),
    /// A credential.
    Credential(&'a str),
    /// A venue or a site.
    Place(&'a str),
    /// Nothing.
    Nothing,
}

impl Named<'_> {
    fn unknown(&self) -> Option<CommandFault> {
        match *self {
            Self::Request(id) => Some(CommandFault::NoRequest(id.into())),
            Self::Credential(id) => Some(CommandFault::NoCredential(id.into())),
            Self::Place(id) => Some(CommandFault::NoPlace(id.into())),
            Self::Nothing => None,
        }
    }
}

/// What a service answered.
struct Answer {
    status: StatusCode,
    /// Seconds after which it may be asked again.
    retry_after: Option<u32>,
    body: Value,
}

/// What a service answered to a change.
pub(super) enum Told {
    /// It is done.
    Done(Value),
    /// It waits for another administrator.
    Waits {
        body: Value,
        /// Whether there is none who could confirm it.
        alone: bool,
    },
}

impl Client {
    /// `service` is `unix:` and a path, or a URL.
    pub(super) fn open(service: &str) -> Result<Self, Failure> {
        // A variable of a shell that was never set is an empty one, and one from a file ends with a line end.
        let credential = std::env::var(CREDENTIAL).map(Zeroizing::new).ok();
        let credential = credential.map(|credential| Zeroizing::new(credential.trim().to_owned()));
        let credential = credential.filter(|credential| !credential.is_empty());
        let credential = credential.ok_or_else(|| Failure::of(&CommandFault::CredentialUnset))?;
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIME)
            .redirect(reqwest::redirect::Policy::none());
        let (builder, base) = match service.strip_prefix("unix:") {
            Some(path) => (over_socket(builder, path)?, "http://localhost"),
            None => (builder, service),
        };
        let base = Url::parse(base).map_err(|_| {
            Failure::usage(
                "服务请写成 unix: 加套接字路径，或服务的网址",
                "the service is unix: and the path of its socket, or a URL",
            )
        })?;
        if !is_protected(&base) {
            return Err(Failure::usage(
                "凭据只能经由 https 或在本机内传送：请使用 https 地址或本机套接字",
                "a credential travels over https or on this machine alone: use an https address or the local socket",
            ));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self {
            runtime: runtime.map_err(Failure::system)?,
            http: builder.build().map_err(Failure::system)?,
            base,
            credential,
        })
    }

    /// A request to a path below the administration's, part by part.
    pub(super) fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        // Only an address such as `data:` has no path: none of those is protected.
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().extend(["v1", "admin"]).extend(path);
        }
        self.http.request(method, url).bearer_auth(&*self.credential)
    }

    /// Sends a request; what the service refuses is a failure with its code.
    pub(super) fn send(&self, request: RequestBuilder, named: &Named) -> Result<Told, Failure> {
        let Answer { status, retry_after, body } = self.answer(request)?;
        match status {
            StatusCode::ACCEPTED => Ok(Told::Waits { alone: self.is_alone(&body), body }),
            status if status.is_success() => Ok(Told::Done(body)),
            // What there always is is not found where nothing of the administration is served.
            StatusCode::NOT_FOUND
                if self.answer(self.request(Method::GET, &["clock"]))?.status
                    == StatusCode::NOT_FOUND =>
            {
                Err(Failure::of(&CommandFault::NotServed(self.base.to_string())))
            }
            status => {
                let failure = refused(status, &body, named);
                let again = retry_after.filter(|_| status == StatusCode::TOO_MANY_REQUESTS);
                Err(match again.map(|seconds| shown::time(system::now() + u64::from(seconds))) {
                    None => failure,
                    Some(again) => failure.with_more(
                        format_args!("最迟 {again} 起可以再试"),
                        format_args!("at the latest from {again} on it can be done again"),
                    ),
                })
            }
        }
    }

    /// Whether nobody but whoever asked is an administrator with a good credential. Where that cannot be seen
    /// it is not said.
    fn is_alone(&self, waits: &Value) -> bool {
        let asked_by = waits["asked_by"].as_str().unwrap_or_default();
        let is_another = |one: &Value| {
            let name = one["bearer"]["name"].as_str();
            one["state"] == "good" && name.is_some_and(|name| !look_the_same(name, asked_by))
        };
        let listed = pages(self, &CredentialScope::Administrators);
        listed.is_ok_and(|listed| !listed.iter().any(is_another))
    }

    fn answer(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let answer = self.runtime.block_on(async {
            let answer = request.send().await?;
            let status = answer.status();
            let retry_after = answer.headers().get(RETRY_AFTER);
            let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
            let body = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
            Ok(Answer { status, retry_after, body })
        });
        answer.map_err(|error: reqwest::Error| Failure::of(&CommandFault::NoAnswer(causes(&error))))
    }

    /// The answer to a request that changes nothing, or waits for nobody.
    pub(super) fn ask(&self, request: RequestBuilder, named: &Named) -> Result<Value, Failure> {
        match self.send(request, named)? {
            Told::Done(body) | Told::Waits { body, .. } => Ok(body),
        }
    }

    /// Changes what is named of a venue or site, or registers it where there is none and it `is_whole`. Tells
    /// what was done: as it was before, if it was, and as it is now.
    pub(super) fn change_place(
        &self,
        path: &[&str],
        body: &Value,
        place: &str,
        is_whole: bool,
        done: impl Fn(Option<Value>, Value),
    ) -> Result<std::process::ExitCode, Failure> {
        let send = |method| self.send(self.request(method, path).json(body), &Named::Place(place));
        let changed = match send(Method::PATCH) {
            Err(failure) if is_whole && failure.is("ADMIN_NO_PLACE") => {
                return Ok(send(Method::PUT)?.print(|now| done(None, now.clone())));
            }
            changed => changed?,
        };
        changed.hint_changes();
        Ok(changed.print(|told| done(Some(told["before"].clone()), told["now"].clone())))
    }
}

/// An error of the network and what lies under it, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

impl Told {
    /// Says on standard error what waits to be changed, from what to what.
    fn hint_changes(&self) {
        if let Self::Waits { body, .. } = self {
            let wanted = &body["wanted"];
            // Whether it is suspended is no part of what waits.
            hint!("待确认 · to be confirmed: {}", changes::told(&wanted["now"], &wanted["wanted"]));
        }
    }

    /// Prints what was done, or which request waits: its id alone on standard output.
    pub(super) fn print(self, done: impl FnOnce(&Value)) -> std::process::ExitCode {
        match self {
            Self::Done(body) => {
                done(&body);
                std::process::ExitCode::SUCCESS
            }
            Self::Waits { body, alone } => {
                let request = body["request"].as_str().unwrap_or_default();
                hint_scene_to_be_named(&body["wanted"]);
                hint!(
                    "须由另一位管理员在24小时内确认 · another administrator confirms it within 24 hours: \
                     szid admin confirm {request}"
                );
                if alone {
                    hint!(
                        "没有另一位管理员：停止服务后用 szid admin recover --new 增加 · there is no other one: stop the service and make one \
                         with szid admin recover --new"
                    );
                }
                say!("{request}");
                std::process::ExitCode::from(WAITS)
            }
        }
    }
}

/// Says that devices have to name the scene from the confirmation on, where that is what an act comes to.
pub(super) fn hint_scene_to_be_named(act: &Value) {
    if act["scene_to_be_named"] == true {
        hint!(
            "注意：确认之后，可用于多个场景的设备每次扫码须指明场景（scene），否则答复 SCENE_MISSING：请先改好各设备，或用 \
             szid admin device --scene 将其限定为一个场景 · \
             note: once it is confirmed, a device that has more than one scene names it in each scan (scene), or is answered SCENE_MISSING: \
             have the devices name it first, or narrow each to one scene with szid admin device --scene"
        );
    }
}

fn refused(status: StatusCode, body: &Value, named: &Named) -> Failure {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let fault = match text("code") {
        "" => Some(CommandFault::Answer(status.to_string())),
        "CREDENTIAL_MISSING" => Some(CommandFault::CredentialUnknown),
        "CREDENTIAL_CONTESTED" => Some(CommandFault::CredentialContested),
        "CREDENTIAL_REVOKED" => Some(CommandFault::CredentialWithdrawn),
        "ROLE_DENIED" => Some(CommandFault::CredentialRole),
        "NOT_FOUND" => named.unknown(),
        _ => None,
    };
    if let Some(fault) = fault {
        return Failure::of(&fault);
    }
    let (zh, en) = ((text("title_zh"), text("detail_zh")), (text("title"), text("detail")));
    Failure::answered(zh, en, body["about"].as_str()).with_code(text("code"))
}

/// Whether nobody else can read what is sent there.
fn is_protected(base: &Url) -> bool {
    let here = || matches!(base.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    base.scheme() == "https" || base.scheme() == "http" && here()
}

#[cfg(unix)]
fn over_socket(
    builder: reqwest::ClientBuilder,
    path: &str,
) -> Result<reqwest::ClientBuilder, Failure> {
    // Before anything is sent: the library says of every fault of a socket the same.
    std::os::unix::net::UnixStream::connect(path).map_err(|error| {
        let told = format!("{path}: {error}");
        Failure::of(&match error.kind() {
            std::io::ErrorKind::PermissionDenied => CommandFault::SocketDenied(told),
            _ => CommandFault::NoService(told),
        })
    })?;
    Ok(builder.unix_socket(std::path::PathBuf::from(path)))
}

#[cfg(not(unix))]
fn over_socket(_: reqwest::ClientBuilder, _: &str) -> Result<reqwest::ClientBuilder, Failure> {
    Err(Failure::usage(
        "本系统没有本机套接字：请指明服务的网址",
        "there are no local sockets on this system: name the service's URL",
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_credential_is_sent_over_tls_or_not_far() {
        let protected = |text: &str| is_protected(&Url::parse(text).unwrap());
        for good in ["https://id.example.cn", "http://localhost", "http://[::1]:8080"] {
            assert!(protected(good), "{good}");
        }
        for bad in ["http://id.example.cn", "http://10.0.0.1:8080", "ftp://localhost"] {
            assert!(!protected(bad), "{bad}");
        }
    }
}
