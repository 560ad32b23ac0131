//! The guard's table: what is refused and what passes.

use proptest::prelude::*;

use super::*;

/// Hosts that must be refused, as they would stand in `https://<host>/hook`.
const BAD_HOSTS: &[&str] = &[
    // Loopback and names of this machine.
    "127.0.0.1",
    "127.0.0.2",
    "127.1.2.3",
    "127.255.255.254",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "localhost.localdomain",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "0.0.0.0",
    "0.1.2.3",
    // Odd spellings of loopback, of metadata, of public addresses.
    "127.1",
    "127.0.1",
    "127.0.0.1.",
    "0",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "0x7F.1",
    "127.0.0.01",
    "00000000177.0.0.1",
    "127.0x0.0.1",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "1.1",
    "134744072",
    "0x08080808",
    "8.8.2056",
    "010.8.8.8",
    "%31%32%37.0.0.1",
    "127.0.0%2E1",
    "①②⑦.⓪.⓪.①",
    "１２７.0.0.1",
    "127。0。0。1",
    "127．0．0．1",
    "１６９。２５４。１６９。２５４",
    "999.1.1.1",
    "1.2.3.4.5",
    "256.256.256.256",
    "0x",
    "4294967296",
    // Metadata services.
    "169.254.169.254",
    "169.254.170.2",
    "169.254.0.1",
    "169.254.255.255",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "metadata",
    "metadata.google.internal",
    "instance-data.ec2.internal",
    "metadata.internal",
    // Private, carrier-grade NAT, benchmarks.
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "198.18.0.1",
    "198.19.255.255",
    // Documentation, protocol assignments, relays, AS112.
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.9",
    "192.0.0.1",
    "192.88.99.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.175.48.1",
    // Multicast, reserved, broadcast.
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.254",
    "255.255.255.255",
    // IPv6: mapped, compatible, NAT64, 6to4, Teredo, ORCHID, benchmarks, documentation, local, multicast, discard, SRv6.
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:8.8.8.8]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::8.8.8.8]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::8.8.8.8]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2002:0a00:0001::1]",
    "[2002:808:808::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[2001::1]",
    "[2001:10::1]",
    "[2001:20::1]",
    "[2001:2::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[3ffe::1]",
    "[2620:4f:8000::1]",
    "[fc00::1]",
    "[fd12:3456::1]",
    "[fe80::1]",
    "[febf::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[ff0e::1]",
    "[100::1]",
    "[5f00::1]",
    "[4000::1]",
    "[e000::1]",
    "[fe80::1%25eth0]",
    "[::1%25lo]",
    // Names that are never public.
    "intranet",
    "db",
    "printer.local",
    "nas.home.arpa",
    "x.onion",
    "x.test",
    "x.invalid",
    "x.example",
    "api.alt",
    "a.b.internal",
    "hooks.acme.com.",
    "acme.com..",
    // What only looks like a host.
    "user@acme.com",
    "user:password@acme.com",
    "acme.com@127.0.0.1",
    "127.0.0.1@acme.com",
    ":443",
    "",
    ".",
    "..",
    "acme com",
    "acme.com:0",
    "acme.com:99999",
    "acme.com:-1",
    "acme.com:80:80",
    "[::1",
    "::1",
    "[acme.com]",
    "a\u{0}b.com",
    "acme.com%00.evil.com",
    "xn--.com",
    "exa\u{ad}",
];

/// Whole URLs that must be refused.
const BAD_URLS: &[&str] = &[
    "http://hooks.acme.com/",
    "ftp://acme.com/",
    "file:///etc/passwd",
    "gopher://acme.com/",
    "javascript://acme.com/",
    "data://acme.com/",
    "ws://acme.com/",
    "https:/acme.com/",
    "https:acme.com",
    "//acme.com/",
    "acme.com/hook",
    "/hook",
    "",
    "https://",
    "https:///hook",
    "https:///acme.com/hook",
    "https:///user:password@acme.com/",
    "https:////%31%32%37.0.0.1/",
    "https://acme.com/#fragment",
    "https://acme.com\\@127.0.0.1/",
    "https:\\\\acme.com/",
    " https://acme.com/",
    "https://acme.com/ ",
    "https://ac\tme.com/",
    "https://acme.com/a\nb",
    "https://acme.com/a\r\nHost: x",
    "https://acme.com/\u{7f}",
    "https://acme.com/\u{a0}",
    "https://127.0.0.1#@acme.com/",
    "https://acme.com#@127.0.0.1/",
    "unix://acme.com/",
    "blob:https://acme.com/",
];

const GOOD: &[(&str, &str)] = &[
    ("https://hooks.acme.com", "https://hooks.acme.com/"),
    ("https://hooks.acme.com/", "https://hooks.acme.com/"),
    ("HTTPS://Hooks.ACME.com/Hark", "https://hooks.acme.com/Hark"),
    ("https://hooks.acme.com:443/hark", "https://hooks.acme.com/hark"),
    ("https://hooks.acme.com:8443/hark?key=a%20b", "https://hooks.acme.com:8443/hark?key=a%20b"),
    ("https://hooks.acme.com/a/../b", "https://hooks.acme.com/b"),
    ("https://münchen.acme.de/hark", "https://xn--mnchen-3ya.acme.de/hark"),
    ("https://xn--mnchen-3ya.acme.de/hark", "https://xn--mnchen-3ya.acme.de/hark"),
    ("https://例え.jp/", "https://xn--r8jz45g.jp/"),
    ("https://acme.com/user@name", "https://acme.com/user@name"),
    ("https://acme.com/50%25?u=http://127.0.0.1/", "https://acme.com/50%25?u=http://127.0.0.1/"),
    ("https://1.1.1.1/dns", "https://1.1.1.1/dns"),
    ("https://8.8.8.8:8443/", "https://8.8.8.8:8443/"),
    ("https://172.32.0.1/", "https://172.32.0.1/"),
    ("https://100.128.0.1/", "https://100.128.0.1/"),
    ("https://169.253.255.255/", "https://169.253.255.255/"),
    ("https://[2606:4700:4700::1111]/", "https://[2606:4700:4700::1111]/"),
    ("https://[2001:4860:4860:0:0:0:0:8888]:8443/", "https://[2001:4860:4860::8888]:8443/"),
    ("https://[2a00:1450:4001::]/", "https://[2a00:1450:4001::]/"),
    ("https://internal.acme.com/", "https://internal.acme.com/"),
    ("https://localhost.acme.com/", "https://localhost.acme.com/"),
    ("https://my.locale/", "https://my.locale/"),
    ("https://127.0.0.1.nip.io/", "https://127.0.0.1.nip.io/"),
    (
        "https://webhook.site/0a1b2c3d-0000-4000-8000-000000000000",
        "https://webhook.site/0a1b2c3d-0000-4000-8000-000000000000",
    ),
];

#[test]
fn whatever_leads_inside_is_refused() {
    let urls: Vec<String> = BAD_HOSTS
        .iter()
        .map(|host| format!("https://{host}/hook"))
        .chain(BAD_URLS.iter().map(|url| (*url).to_owned()))
        .collect();
    assert!(urls.len() >= 120, "{}", urls.len());
    let passed: Vec<_> = urls.iter().filter(|url| Address::parse(url, Network::Public).is_ok()).collect();
    assert!(passed.is_empty(), "{passed:?}");
}

#[test]
fn public_addresses_pass_and_are_normalised() {
    assert!(GOOD.len() >= 20);
    for (url, normal) in GOOD {
        let address = Address::parse(url, Network::Public).unwrap_or_else(|refusal| panic!("{url}: {refusal}"));
        assert_eq!(address.as_str(), *normal);
        assert_eq!(Address::parse(normal, Network::Public), Ok(address), "normalising again changes nothing");
    }
}

#[test]
fn private_addresses_pass_only_where_the_template_allows_them() {
    for url in ["http://127.0.0.1:8080/hook", "http://localhost:9000/", "https://10.0.0.7/", "http://[::1]:8080/"] {
        assert!(Address::parse(url, Network::Any).is_ok(), "{url}");
        assert!(Address::parse(url, Network::Public).is_err(), "{url}");
    }
    for url in ["http://user@localhost/", "ftp://localhost/", "http://2130706433/", "http://127.1/"] {
        assert!(Address::parse(url, Network::Any).is_err(), "{url}");
    }
}

#[test]
fn a_request_is_made_of_the_parts() {
    let address = Address::parse("https://hooks.acme.com:8443/a/b?c=d", Network::Public).unwrap();
    assert_eq!(
        (address.authority(), address.port(), address.path_and_query()),
        ("hooks.acme.com:8443", 8443, "/a/b?c=d")
    );
    let address = Address::parse("https://hooks.acme.com", Network::Public).unwrap();
    assert_eq!((address.authority(), address.port(), address.path_and_query()), ("hooks.acme.com", 443, "/"));
    assert!(!format!("{:?}", Address::parse("https://a.com/s3cret?t=s3cret", Network::Public)).contains("s3cret"));
}

#[test]
fn the_edges_of_the_ranges_are_where_the_registries_have_them() {
    for (inside, outside) in [
        ("9.255.255.255", false),
        ("10.0.0.0", true),
        ("10.255.255.255", true),
        ("11.0.0.0", false),
        ("100.63.255.255", false),
        ("100.64.0.0", true),
        ("100.127.255.255", true),
        ("100.128.0.0", false),
        ("172.15.255.255", false),
        ("172.16.0.0", true),
        ("172.31.255.255", true),
        ("172.32.0.0", false),
        ("198.17.255.255", false),
        ("198.18.0.0", true),
        ("198.19.255.255", true),
        ("198.20.0.0", false),
        ("223.255.255.255", false),
        ("224.0.0.0", true),
        ("168.63.129.15", false),
        ("168.63.129.16", true),
        ("168.63.129.17", false),
        ("1fff:ffff::", true),
        ("2000::", false),
        ("2001:1ff:ffff::", true),
        ("2001:200::", false),
        ("2001:db7::", false),
        ("2001:db8::", true),
        ("2001:db9::", false),
        ("2002::", true),
        ("2003::", false),
        ("3fff:fff::", true),
        ("3fff:1000::", false),
        ("4000::", true),
    ] {
        let ip: IpAddr = inside.parse().unwrap();
        assert_eq!(!Network::Public.allows(ip), outside, "{inside}");
        assert!(Network::Any.allows(ip));
    }
}

proptest! {
    /// However a private address is written, it does not pass.
    #[test]
    fn no_spelling_of_a_private_address_passes(d: u8, c: u8, b: u8, form in 0_usize..8) {
        let ip = u32::from_be_bytes([10, b, c, d]);
        let host = match form {
            0 => format!("10.{b}.{c}.{d}"),
            1 => ip.to_string(),
            2 => format!("{ip:#x}"),
            3 => format!("0{ip:o}"),
            4 => format!("10.{b}.{}", u32::from(c) * 256 + u32::from(d)),
            5 => format!("012.{b}.{c:#x}.{d}"),
            6 => format!("[::ffff:10.{b}.{c}.{d}]"),
            _ => format!("[2002:a{b:02x}:{c:02x}{d:02x}::1]"),
        };
        prop_assert!(Address::parse(&format!("https://{host}/"), Network::Public).is_err(), "{}", host);
    }

    #[test]
    fn nothing_makes_reading_panic_and_what_passes_is_normal(text in "\\PC*") {
        for url in [text.clone(), format!("https://{text}")] {
            if let Ok(address) = Address::parse(&url, Network::Any) {
                prop_assert_eq!(Address::parse(address.as_str(), Network::Any), Ok(address));
            }
        }
    }
}
