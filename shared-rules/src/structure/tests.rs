//! What holds for every structure: it confirms what its own template makes, and no single changed character gets through.

use proptest::prelude::*;

use super::{Structure, Verdict};
use crate::rule::sample::Sample;

/// A template for each checksum, and how many characters at its beginning the checksum does not cover.
const MADE: &[(Structure, &str, usize)] = &[
    (Structure::Crc32Base62, "acme_{base62:30}{checksum}", 5),
    (Structure::Crc32Base62All, "acme_{base62:30}{checksum}", 0),
    (Structure::Crc32Hex, "acme_{base62:30}{checksum}", 5),
    (Structure::Crc32HexLe, "acme_{base62:30}_{checksum}", 0),
    (Structure::Crc32Tail, "acme{base62:30}={checksum}", 0),
    (Structure::Crc32Base64, "cflt{base64:54}{checksum}", 0),
    (Structure::Crc16Base32, "SA{base32:50}{checksum}", 0),
    (Structure::Crc16Base32, "SUA{of(ABCDEFGHIJKLMNOP):1}{base32:50}{checksum}", 0),
    (Structure::GitlabRoutable, "glpat-{b64url:24}.01.0w{checksum}", 0),
    (Structure::AzureAnnotated, "{base62:52}JQQJ99BA{base62:16}ACOG{checksum}", 0),
    (Structure::AzureIdentifiable, "{base64:76}+ASt{checksum}", 0),
    (Structure::AzureIdentifiable, "{base64:33}+ASb{checksum}", 0),
    (Structure::AzureIdentifiable, "{base62:42}AzSe{checksum}", 0),
    (Structure::AzureIdentifiable, "{base64url:44}AzFu{checksum}", 0),
    (Structure::AzureDevops, "{made:azure-devops}", 0),
    (Structure::Base58Check, "{base58check(80..01):32}", 0),
    (Structure::Base58Check, "{base58check(0488ade4):74}", 0),
    (Structure::Base58CheckXrp, "{base58xrp(21):16}", 0),
    (Structure::Bech32, "{bech32(nsec):32}", 0),
    (Structure::Bech32, "{bech32(AGE-SECRET-KEY-):32}", 0),
];

fn expand(structure: Structure, template: &str, seed: u64) -> Vec<u8> {
    Sample::expand(template, seed, Some(structure)).expect("a good template").text.into_bytes()
}

proptest! {
    #[test]
    fn a_checksum_is_right_for_what_its_template_makes_and_for_nothing_one_character_off(
        case in 0..MADE.len(), seed: u64, place: prop::sample::Index, other in "[0-9A-Za-z+/_.=-]",
    ) {
        let (structure, template, uncovered) = MADE[case];
        let mut value = expand(structure, template, seed);
        prop_assert_eq!(structure.judge(&value), Verdict::Right, "{}", template);
        let place = uncovered + place.index(value.len() - uncovered);
        let other = other.as_bytes()[0];
        // Hexadecimal digits count in either case.
        if !value[place].eq_ignore_ascii_case(&other) {
            value[place] = other;
            prop_assert_ne!(structure.judge(&value), Verdict::Right, "{} at {}", template, place);
        }
    }

    #[test]
    fn no_value_makes_a_structure_panic(value in prop::collection::vec(any::<u8>(), 0..130), text in "[0-9A-Za-z+/=_.%~-]{0,130}") {
        for &structure in Structure::ALL {
            for value in [&value[..], text.as_bytes()] {
                structure.judge(value);
                structure.tail(value);
                structure.expiry(value, &(value.len() / 3..value.len() / 2));
            }
        }
    }
}

/// Three digits of its checksum are kept, so one change in some thousands may pass.
#[test]
fn an_entra_secret_with_one_character_changed_is_wrong() {
    let value = expand(Structure::EntraSecret, "{base62:3}8Q~{base62:31}{checksum}", 1);
    assert_eq!(Structure::EntraSecret.judge(&value), Verdict::Right);
    for place in (0..value.len()).filter(|place| !(3..6).contains(place)) {
        let mut changed = value.clone();
        changed[place] = if value[place] == b'x' { b'y' } else { b'x' };
        assert_eq!(Structure::EntraSecret.judge(&changed), Verdict::Wrong, "at {place}");
    }
}

#[test]
fn every_checksum_has_a_template_that_makes_one() {
    let elsewhere = [Structure::EntraSecret, Structure::Bip39];
    for &structure in Structure::ALL.iter().filter(|structure| structure.is_checksum()) {
        let made = MADE.iter().any(|(made, ..)| *made == structure) || elsewhere.contains(&structure);
        assert!(made, "{}", structure.as_str());
    }
}

#[test]
fn every_name_parses_back() {
    for &structure in Structure::ALL {
        assert_eq!(Structure::parse(structure.as_str()), Some(structure));
    }
}

#[test]
fn short_and_empty_values_are_confirmed_by_nothing_that_asks_for_a_form() {
    // A missing checksum says nothing where the provider documents none.
    let lenient = [Structure::Crc32Tail, Structure::AzureIdentifiable];
    for structure in Structure::ALL.iter().filter(|structure| !lenient.contains(structure)) {
        for value in [&b""[..], b"_", b"abc", b"eyJ", b"...."] {
            assert!(!structure.confirms(value), "{} on {value:?}", structure.as_str());
        }
    }
}
