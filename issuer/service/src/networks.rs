//! Addresses: whose they are, and who is believed to tell them.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de};

/// One address, or a network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

/// The text is neither an address nor a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither an address such as 127.0.0.1 nor a network such as 10.0.0.0/8")]
pub struct NetworkError;

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let network = text.parse().or_else(|_| text.parse().map(|address: IpAddr| address.into()));
        network.map(Self).map_err(|_| NetworkError)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(text: D) -> Result<Self, D::Error> {
        let text = String::deserialize(text)?;
        text.parse().map_err(|error| de::Error::custom(format_args!("{text:?} is {error}")))
    }
}

/// The address that a request comes from: the connection's other end, unless that is one of the operator's
/// proxies. Then it is the last address of `X-Forwarded-For` that is none of them. What stands before it is
/// the client's own word.
pub(crate) fn client_address<'a>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'a str>,
    proxies: &[Network],
) -> IpAddr {
    let mut client = peer.to_canonical();
    let mut entries = forwarded.rev().flat_map(|value| value.rsplit(','));
    while is_proxy(client, proxies) {
        // A proxy that says nothing readable has asked for itself.
        let Some(told) = entries.next().and_then(|entry| read_address(entry.trim())) else { break };
        client = told;
    }
    client
}

/// Some proxies add the port.
fn read_address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    Some(text.parse().ok().or_else(with_port)?.to_canonical())
}

/// What one client can use at will counts as one address: all of a /64.
pub(crate) fn share_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        other => other,
    }
}

/// True for one of the operator's proxies.
pub(crate) fn is_proxy(address: IpAddr, proxies: &[Network]) -> bool {
    proxies.iter().any(|proxy| proxy.contains(address.to_canonical()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], proxies: &[&str]) -> String {
        let proxies: Vec<Network> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), forwarded.iter().copied(), &proxies).to_string()
    }

    #[test]
    fn only_a_named_proxy_is_believed() {
        let told = ["1.1.1.1, 6.6.6.6"];
        assert_eq!(client("9.9.9.9", &told, &[]), "9.9.9.9");
        assert_eq!(client("9.9.9.9", &told, &["127.0.0.1", "10.0.0.0/8"]), "9.9.9.9");
        assert_eq!(client("10.1.2.3", &told, &["10.0.0.0/8"]), "6.6.6.6");
        assert_eq!(client("::ffff:10.1.2.3", &told, &["10.0.0.0/8"]), "6.6.6.6");
    }

    #[test]
    fn named_proxies_are_skipped_from_the_right_and_no_other() {
        let proxies = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"];
        let client = |forwarded: &[&str]| client("127.0.0.1", forwarded, &proxies);
        assert_eq!(client(&["6.6.6.6, 7.7.7.7, 10.0.0.2", "10.0.0.1"]), "7.7.7.7");
        assert_eq!(client(&["7.7.7.7:4711, [fd00::1]:443"]), "7.7.7.7");
        // All of them the operator's own: a machine of theirs asks.
        assert_eq!(client(&["10.0.0.7"]), "10.0.0.7");
        assert_eq!(client(&[]), "127.0.0.1");
    }

    #[test]
    fn what_cannot_be_read_ends_the_chain_at_who_said_it() {
        let client =
            |forwarded: &[&str]| client("127.0.0.1", forwarded, &["127.0.0.1", "10.0.0.1"]);
        assert_eq!(client(&["6.6.6.6, anything"]), "127.0.0.1");
        assert_eq!(client(&["6.6.6.6, , 10.0.0.1"]), "10.0.0.1");
    }

    #[test]
    fn an_address_is_its_network() {
        let share = |text: &str| share_of(text.parse().unwrap()).to_string();
        assert_eq!(share("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(share("::ffff:10.0.0.9"), "10.0.0.9");
        assert_eq!(share("10.0.0.9"), "10.0.0.9");
    }

    #[test]
    fn a_network_is_read_or_the_reader_told_why_not() {
        for good in ["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"] {
            assert!(good.parse::<Network>().is_ok(), "{good}");
        }
        for bad in ["", "localhost", "10.0.0.0/33", "10.0.0"] {
            assert_eq!(bad.parse::<Network>(), Err(NetworkError), "{bad}");
        }
    }
}
