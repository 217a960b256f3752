//! What a command of the administration works on: the files of a stopped service, or a running service.

use std::path::{Path, PathBuf};

use super::client::Client;
use crate::Failure;

/// The running service, where the arguments do not name one.
const SERVICE: &str = "SZID_SERVICE";

/// The service's files or the service.
#[derive(clap::Args)]
pub(super) struct Target {
    /// 已停止服务的数据目录 · The data folder of a service that is stopped.
    #[arg(long, value_name = "DIR", conflicts_with = "service")]
    data: Option<PathBuf>,
    #[command(flatten)]
    running: Running,
}

/// The service.
#[derive(clap::Args)]
pub(super) struct Running {
    /// 运行中的服务：unix: 加套接字路径，或其网址；管理员凭据取自环境变量 SZID_CREDENTIAL · A service that runs: unix: and the path of its
    /// socket, or its URL. An administrator's credential is read from the environment variable
    /// SZID_CREDENTIAL. [env: SZID_SERVICE]
    #[arg(long, value_name = "URL|unix:PATH")]
    service: Option<String>,
}

/// What a command works on.
pub(super) enum Work<'a> {
    /// The register below this data folder.
    Files(&'a Path),
    /// A running service.
    Service(Box<Client>),
}

impl Target {
    pub(super) fn open(&self) -> Result<Work<'_>, Failure> {
        match &self.data {
            Some(data) => Ok(Work::Files(data)),
            None => self.running.open().map(|client| Work::Service(Box::new(client))),
        }
    }

    /// The same, where one may not know whether a service runs: the one that serves the socket in the data
    /// folder is asked.
    pub(super) fn open_either(&self) -> Result<Work<'_>, Failure> {
        let socket = self.data.as_ref().map(|data| data.join("admin.sock"));
        match socket.filter(|socket| is_served(socket)) {
            Some(socket) => {
                let client = Client::open(&format!("unix:{}", socket.display()))?;
                Ok(Work::Service(Box::new(client)))
            }
            None => self.open(),
        }
    }
}

#[cfg(unix)]
fn is_served(socket: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(socket).is_ok()
}

#[cfg(not(unix))]
fn is_served(_: &Path) -> bool {
    false
}

impl Running {
    pub(super) fn open(&self) -> Result<Client, Failure> {
        let named = self.service.clone().or_else(|| std::env::var(SERVICE).ok());
        let named = named.ok_or_else(|| {
            Failure::usage(
                "请用 --service（或 SZID_SERVICE）指明运行中的服务，或用 --data 指明已停止服务的数据目录",
                "name the running service with --service (or SZID_SERVICE), or a stopped one's folder with --data",
            )
        })?;
        Client::open(&named)
    }
}
