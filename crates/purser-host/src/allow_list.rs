//! Which hosts and addresses may be reached.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The hosts that the operator allows connectors to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedHosts {
    /// Whatever plugins declare.
    AsDeclared,
    /// Only these: exact names, or `*.example.com` for every name below `example.com`.
    Only(Vec<String>),
}

impl AllowedHosts {
    /// Whether the operator allows `host`.
    #[must_use]
    pub fn allows(&self, host: &str) -> bool {
        match self {
            Self::AsDeclared => true,
            Self::Only(patterns) => patterns.iter().any(|pattern| matches(pattern, host)),
        }
    }
}

/// Whether `host` is `pattern`, or below it when the pattern starts with `*.`.
pub(crate) fn matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(parent) => {
            let label = host.strip_suffix(parent).and_then(|rest| rest.strip_suffix('.'));
            label.is_some_and(|label| !label.is_empty())
        }
        None => pattern.eq_ignore_ascii_case(host),
    }
}

/// Whether an address is one of the public internet.
///
/// Everything else (loopback, private, link-local with the cloud's metadata service, carrier NAT,
/// documentation, translation and tunnel ranges) is refused, because a name that the caller
/// chooses must not lead inside. Source: the IANA special-purpose address registries.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127, ..] | [240..=255, ..] => true,
        [100, second, ..] => (64..=127).contains(&second),
        [169, 254, ..] | [192, 168, ..] | [192, 0, 0 | 2, _] | [192, 88, 99, _] => true,
        [172, second, ..] => (16..=31).contains(&second),
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        _ => false,
    };
    !special && !address.is_multicast()
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // 2001::/23 holds Teredo and other protocol assignments, 2002::/16 is 6to4.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        // Global unicast is 2000::/3; all else (mapped IPv4, NAT64, SRv6, unique local, link-local) is not.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        for public in
            ["1.1.1.1", "172.15.0.1", "100.63.0.1", "192.0.1.1", "2606:4700::1111", "2001:4860::8888"]
        {
            assert!(is_public(public.parse().expect("address")), "{public}");
        }
        for inside in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "fc00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "5f00::1",
            "100::1",
            "3fff::1",
        ] {
            assert!(!is_public(inside.parse().expect("address")), "{inside}");
        }
    }

    #[test]
    fn a_star_stands_for_names_below_and_not_beside() {
        assert!(matches("*.sandbox.invalid", "northbank.sandbox.invalid"));
        assert!(matches("api.example.com", "API.example.com"));
        for refused in
            ["sandbox.invalid", ".sandbox.invalid", "evilsandbox.invalid", "sandbox.invalid.example"]
        {
            assert!(!matches("*.sandbox.invalid", refused), "{refused}");
        }
    }
}
