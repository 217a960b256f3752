//! The log of a process that serves: to standard error, which nothing ever waits for.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde::Deserialize;
use szid_issuer::given::GivenFault;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::Failure;
use crate::output::LossyOutput;

/// Lines that may wait for a slow reader: some seconds of a busy service's.
const WAITING: usize = 4096;
/// The register's own backend tells every file that it opens: its warnings only, unless somebody asks for
/// more.
const BACKEND: &str = "fjall=warn,lsm_tree=warn";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    #[default]
    Json,
    Text,
}

/// A log that was started.
pub(crate) struct Log(LossyOutput);

impl Log {
    /// Starts the process's log. A panic is a line in it: the usual way straight to standard error could
    /// block.
    pub(crate) fn start(filter: &str, format: LogFormat) -> Result<Self, Failure> {
        let filter = read_filter(filter)?;
        let output = LossyOutput::start("szid-log", WAITING, std::io::stderr());
        let output = output.map_err(Failure::system)?;
        let writer = output.clone();
        let log = tracing_subscriber::fmt().with_env_filter(filter);
        let log =
            log.with_ansi(std::io::stderr().is_terminal()).with_writer(move || writer.clone());
        match format {
            LogFormat::Json => log.json().flatten_event(true).init(),
            LogFormat::Text => log.init(),
        }
        std::panic::set_hook(Box::new(|panic| {
            let at = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(at, message = panic.payload_as_str().unwrap_or_default(), "a panic");
        }));
        Ok(Self(output))
    }

    /// How many lines were not written.
    pub(crate) fn dropped(&self) -> Arc<AtomicU64> {
        self.0.dropped()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.0.finish();
    }
}

fn read_filter(text: &str) -> Result<EnvFilter, Failure> {
    let text = &*text.split(',').map(str::trim).collect::<Vec<_>>().join(",");
    // The filter takes a bare word that is no level for the name of a module, and shows nothing else.
    let is_level = |part: &str| !part.is_empty() && part.parse::<LevelFilter>().is_ok();
    let is_word = |part: &str| part.contains('=') || is_level(part);
    if let Some(word) = text.split(',').find(|part| !is_word(part)) {
        return Err(Failure::given(&GivenFault::LogWord(word.to_owned())));
    }
    // Where less than warnings is wanted of all, the backend is no exception.
    let quiet = text.parse().is_ok_and(|level: LevelFilter| level < LevelFilter::WARN);
    // What stands later counts.
    let directives = if quiet { text.to_owned() } else { format!("{BACKEND},{text}") };
    EnvFilter::try_new(directives)
        .map_err(|error| Failure::given(&GivenFault::Log(error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backend_tells_warnings_unless_it_is_asked() {
        let filter = |text: &str| read_filter(text).unwrap().to_string();
        assert!(filter("info").contains("fjall=warn") && filter("info").contains("lsm_tree=warn"));
        let asked = filter("info,fjall=debug");
        assert!(asked.contains("fjall=debug") && !asked.contains("fjall=warn"), "{asked}");
        assert_eq!(filter("error"), "error");
        assert!(read_filter("loud=noise").is_err());
    }

    #[test]
    fn a_word_that_is_no_level_is_refused_and_not_taken_for_the_name_of_a_module() {
        for good in ["info", "WARN", "off", "debug,hyper=info", "warn, szid_gate=trace"] {
            assert!(read_filter(good).is_ok(), "{good}");
        }
        for bad in ["", "warning", "verbose", "info,verbose", "szid_gate", "information"] {
            let told = read_filter(bad).unwrap_err();
            assert!(told.exit == 2 && told.to_string().contains("error"), "{bad}: {told}");
        }
    }
}
