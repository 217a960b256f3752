//! What of a gate's settings cannot be right, found at its start: later it would look like a bad connection,
//! or like a turnstile that does not turn.

use std::io;

use reqwest::Url;
use szid_protocol::told::{Tell, Told, catalogue};

/// Why a gate does not start with what it was given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The service's address is no web address.
    #[error("the service's address is not a web address: {0}")]
    Service(String),
    /// The credential cannot be sent (RFC 6750, 2.1).
    #[error("the credential cannot be one")]
    Credential,
    /// The command for verdicts cannot be run.
    #[error("the command cannot be run: {0}: {1}")]
    Command(String, io::Error),
    /// The system's TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls,
}

catalogue! { SetupError:
    Self::Service(_) => "GATE_SERVICE_ADDRESS", "服务地址不是网址", "service 须以 https://（仅供试用的 http://）开头，其后为主机，端口可选，如 https://id.example.cn；服务的 base_url 带路径的，照写", "write service with https:// (http:// for trials alone) and the host, with a port where it has one and the path where the service's base_url has one, as in https://id.example.cn";
    Self::Credential => "GATE_CREDENTIAL_FORM", "凭据的格式有误", "请将 szid admin credential 输出的凭据原样放入 SZID_CREDENTIAL：不带引号，不带 Bearer，中间没有空格和换行", "put the credential into SZID_CREDENTIAL as szid admin credential printed it: without quotes, without Bearer, in one piece";
    Self::Command(..) => "GATE_COMMAND", "--exec 的命令无法运行", "请核对路径和执行权限（chmod +x）；不含斜杠的名称在 PATH 中查找；脚本首行须写 #! 和本机已有的解释器（如 #!/bin/sh），行尾用 LF，不用 CRLF", "check its path, and that it may be run (chmod +x); a name without a slash is looked for in PATH; a script begins with #! and an interpreter that is there (as #!/bin/sh), with lines that end in LF and not in CRLF";
    Self::Tls => "GATE_TLS", "无法启用 TLS", "请核对本机的根证书是否已安装", "look whether this machine's root certificates are installed";
}

impl Tell for SetupError {
    fn tell(&self) -> Told {
        let particulars = match self {
            Self::Service(address) => address.clone(),
            Self::Command(command, error) => format!("{command}: {error}"),
            Self::Credential | Self::Tls => String::new(),
        };
        Told::of(self.row(), self, &particulars)
    }
}

/// The address without a slash at its end, if it is one that requests can be sent to.
pub(crate) fn service_address(text: &str) -> Result<String, SetupError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let fits = |url: &Url| url.has_host() && url.query().is_none() && url.fragment().is_none();
    // Without the slashes it would be read as if they were there.
    let is_one = url.is_some_and(|url| fits(&url)) && text.contains("://");
    if !is_one {
        return Err(SetupError::Service(text.to_owned()));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// A credential without white space around it: files end with a line end.
pub(crate) fn credential(text: &str) -> Result<&str, SetupError> {
    let text = text.trim();
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    let letters = text.trim_end_matches('=');
    if letters.is_empty() || !letters.bytes().all(is_letter) {
        return Err(SetupError::Credential);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_host_and_no_more_than_a_path() {
        for (good, address) in [
            ("https://id.example.cn", "https://id.example.cn"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("HTTPS://[::1]:8080/city/", "HTTPS://[::1]:8080/city"),
        ] {
            assert_eq!(service_address(good).unwrap(), address);
        }
        for bad in ["", "id.example.cn", "id.example.cn:8080", "http:id", "http://", "ftp://id"] {
            assert!(service_address(bad).is_err(), "{bad}");
        }
        assert!(
            service_address("https://id?x").is_err() && service_address("https://id#x").is_err()
        );
    }

    #[test]
    fn a_credential_is_of_letters_that_a_header_takes() {
        for good in ["abc", "abc\n", "\tabc\r\n", "a-b._~+/c=="] {
            assert_eq!(credential(good).unwrap(), good.trim());
        }
        for bad in ["", " ", "=", "a b", "a\nb", "\"abc\"", "Bearer abc", "凭据", "\u{feff}abc"] {
            assert!(credential(bad).is_err(), "{bad:?}");
        }
    }
}
