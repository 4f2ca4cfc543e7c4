//! Who sent a request: the peer, or whom the proxies in front say that they speak for.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request},
    http::HeaderMap,
};
use ipnet::IpNet;
use supertokens::ClientAddress;

use crate::config::Config;

const FORWARDED_FOR: &str = "x-forwarded-for";

#[derive(Clone)]
pub struct Proxies(Arc<[IpNet]>);

impl Proxies {
    pub fn new(config: &Config) -> Self {
        Self(config.limits.trusted_proxies.clone().into())
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// The request, and from whom it is.
    pub fn identify(&self, mut request: Request) -> Request {
        if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
            let client = self.client(peer.ip(), request.headers());
            request.extensions_mut().insert(ClientAddress(client));
        }
        request
    }

    /// Each proxy adds whom it heard at the end. So the list is read from there, for as long as it
    /// is a trusted one that speaks: what stands before may be made up.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let lists = headers.get_all(FORWARDED_FOR).iter().rev();
        // Each entry by itself: what a client wrote must not hide what the proxies add.
        let hops = lists.flat_map(|list| list.as_bytes().rsplit(|byte| *byte == b','));
        let mut client = peer;
        for hop in hops {
            if !self.trusts(client) {
                break;
            }
            match str::from_utf8(hop).ok().and_then(address) {
                Some(address) => client = address,
                None => break,
            }
        }
        client.to_canonical()
    }
}

/// An address as proxies write it: also with a port, and IPv6 in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(peer: &str, lists: &[&'static str]) -> String {
        let networks = ["10.0.0.0/8", "2001:db8::/32"].map(|network| network.parse().unwrap());
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(list));
        }
        Proxies(networks.into()).client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(client("192.0.2.1", &["198.51.100.9"]), "192.0.2.1");
        assert_eq!(client("192.0.2.1", &["10.0.0.1"]), "192.0.2.1");
    }

    #[test]
    fn a_proxy_is_believed_and_what_its_client_made_up_is_not() {
        assert_eq!(client("10.0.0.1", &["198.51.100.9"]), "198.51.100.9");
        assert_eq!(client("10.0.0.1", &["203.0.113.5, 198.51.100.9"]), "198.51.100.9");
        assert_eq!(client("10.0.0.1", &["203.0.113.5", "198.51.100.9"]), "198.51.100.9");
    }

    #[test]
    fn proxies_behind_proxies_are_passed_through() {
        assert_eq!(client("10.0.0.1", &["203.0.113.5, 198.51.100.9, 10.2.0.1"]), "198.51.100.9");
        assert_eq!(client("2001:db8::1", &["198.51.100.9,10.2.0.1"]), "198.51.100.9");
        assert_eq!(client("::ffff:10.0.0.1", &["198.51.100.9"]), "198.51.100.9");
    }

    #[test]
    fn odd_lists_end_at_the_last_that_is_known() {
        for list in ["", "unknown", "198.51.100.9, ", "_hidden", "198.51.100.999"] {
            assert_eq!(client("10.0.0.1", &[list]), "10.0.0.1", "{list}");
        }
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_is_no_text_hides_nothing() {
        let mut headers = HeaderMap::new();
        let list = HeaderValue::from_bytes(b"\xff, 198.51.100.9").unwrap();
        headers.append(FORWARDED_FOR, list);
        let proxies = Proxies(["10.0.0.0/8".parse().unwrap()].into());
        let client = proxies.client("10.0.0.1".parse().unwrap(), &headers);
        assert_eq!(client.to_string(), "198.51.100.9");
    }

    #[test]
    fn addresses_may_have_ports() {
        assert_eq!(client("10.0.0.1", &["198.51.100.9:4711"]), "198.51.100.9");
        assert_eq!(client("10.0.0.1", &["[2001:db9::7]:4711"]), "2001:db9::7");
        assert_eq!(client("10.0.0.1", &["[2001:db9::7]"]), "2001:db9::7");
    }
}
