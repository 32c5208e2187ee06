use proptest::prelude::*;

use super::{Approver, CLOCK_SLACK, Grant, LONGEST, MOST_APPROVERS, Occasion, Refusal, Unverified, When};
use crate::fingerprint::{Fingerprint, FingerprintKey};
use crate::rule::Class;
use crate::secret::Secret;
use crate::sign::PrivateKey;

const NOW: i64 = 1_796_000_000;

fn fingerprint() -> Fingerprint {
    FingerprintKey::new([1; 32]).fingerprint(&Secret::new(b"x"), Class::ApiKey, "")
}

fn commit() -> String {
    "b6b7ea8".repeat(6)[..40].to_owned()
}

fn grant() -> Grant {
    Grant {
        secret: fingerprint().code().to_string(),
        repository: "group/app".into(),
        commit: commit(),
        reference: "refs/heads/main".into(),
        user: None,
        reason: "the key of the public demo".into(),
        issued: NOW,
        expires: NOW + 4 * 3600,
    }
}

fn key(byte: u8) -> PrivateKey {
    PrivateKey::new(&[byte; 32])
}

fn approver(byte: u8) -> Approver {
    Approver { name: format!("approver {byte}"), key: key(byte).public() }
}

fn main_alone() -> Vec<String> {
    vec!["refs/heads/main".to_owned()]
}

fn occasion(refs: &[String]) -> Occasion<'_> {
    Occasion { repository: "group/app", refs, actor: Some("ann"), now: NOW + 60, longest: 24 }
}

#[test]
fn a_signed_grant_reads_back_with_its_approver() {
    let text = grant().sign(&key(2)).expect("a good grant");
    assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{text}");
    assert!(text.len() < 600, "{} bytes", text.len());
    let read = Unverified::parse(&format!("{text}\n")).expect("its own text");
    let approvers = [approver(1), approver(2)];
    assert_eq!(read.verify(&approvers), Ok((&grant(), &approvers[1])));
    assert_eq!(read.verify(&approvers[..1]), Err(Refusal::Signature));
    assert_eq!(read.verify(&[]), Err(Refusal::Signature));
    let many: Vec<Approver> = (0..=MOST_APPROVERS as u8 + 2).rev().map(approver).collect();
    assert_eq!(read.verify(&many), Err(Refusal::Signature), "more approvers than are tried");
}

#[test]
fn a_changed_grant_is_nobodys() {
    let text = grant().sign(&key(2)).expect("a good grant");
    let other = Grant { commit: "1".repeat(40), ..grant() }.sign(&key(3)).expect("a good grant");
    let (mine, theirs) = (text.rsplit_once('.').expect("two parts"), other.rsplit_once('.').expect("two parts"));
    let mixed = Unverified::parse(&format!("{}.{}", theirs.0, mine.1)).expect("the form is right");
    assert_eq!(mixed.verify(&[approver(2)]), Err(Refusal::Signature));
}

#[test]
fn it_covers_one_secret_in_one_commit() {
    let other = FingerprintKey::new([1; 32]).fingerprint(&Secret::new(b"y"), Class::ApiKey, "");
    for secret in [fingerprint().code().to_string(), fingerprint().to_string()] {
        let grant = Grant { secret, ..grant() };
        assert!(grant.covers(&fingerprint(), &commit()));
        assert!(!grant.covers(&other, &commit()));
        assert!(!grant.covers(&fingerprint(), &"1".repeat(40)));
        assert!(!grant.covers(&fingerprint(), ""));
    }
}

#[test]
fn every_condition_must_hold() {
    let refs = main_alone();
    let holds = |change: &dyn Fn(&mut Grant)| {
        let mut grant = grant();
        change(&mut grant);
        grant.holds(&occasion(&refs))
    };
    assert_eq!(holds(&|_| {}), Ok(()));
    assert_eq!(holds(&|grant| grant.user = Some("ann".into())), Ok(()));
    assert_eq!(holds(&|grant| grant.user = Some("bob".into())), Err(Refusal::User("bob".into())));
    assert_eq!(holds(&|grant| grant.repository = "a/b".into()), Err(Refusal::Repository("a/b".into())));
    assert_eq!(holds(&|grant| grant.reference = "refs/heads/x".into()), Err(Refusal::Reference("refs/heads/x".into())));
    assert_eq!(holds(&|grant| grant.expires = NOW + 60), Err(Refusal::Ended(When(NOW + 60))));
    assert_eq!(holds(&|grant| grant.expires = NOW + 24 * 3600), Ok(()));
    assert_eq!(holds(&|grant| grant.expires = NOW + 24 * 3600 + 1), Err(Refusal::Long(24)));
    assert_eq!(holds(&|grant| grant.issued = i64::MIN), Err(Refusal::Long(24)));
    let ahead = NOW + 60 + CLOCK_SLACK;
    assert_eq!(holds(&|grant| grant.issued = ahead), Ok(()));
    assert_eq!(holds(&|grant| grant.issued = ahead + 1), Err(Refusal::Early(When(ahead + 1))));
    let two = ["refs/heads/main".to_owned(), "refs/heads/x".to_owned()];
    assert_eq!(grant().holds(&occasion(&two)), Err(Refusal::Reference("refs/heads/main".into())));
    assert_eq!(grant().holds(&occasion(&[])), Err(Refusal::Reference("refs/heads/main".into())));
    let nobody = Occasion { actor: None, ..occasion(&refs) };
    let named = Grant { user: Some("ann".into()), ..grant() };
    assert_eq!(named.holds(&nobody), Err(Refusal::User("ann".into())));
}

#[test]
fn what_no_server_would_take_is_not_signed() {
    let says = |change: &dyn Fn(&mut Grant)| {
        let mut grant = grant();
        change(&mut grant);
        grant.sign(&key(2)).expect_err("not signed").to_string()
    };
    let said = [
        says(&|grant| grant.secret = "KW-7F3K".into()),
        says(&|grant| grant.commit = "b6b7ea8".into()),
        says(&|grant| grant.commit = "HEAD".repeat(10)),
        says(&|grant| grant.reference = "main".into()),
        says(&|grant| grant.reason = " ".into()),
        says(&|grant| grant.expires = grant.issued),
        says(&|grant| grant.reason = "long ".repeat(LONGEST)),
    ];
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_refusal_is_one_line() {
    let said = [
        Refusal::Form,
        Refusal::Signature,
        Refusal::Ended(When(NOW)),
        Refusal::Ended(When(i64::MAX)),
        Refusal::Early(When(NOW)),
        Refusal::Long(24),
        Refusal::Repository("group/app".into()),
        Refusal::Reference("refs/heads/main".into()),
        Refusal::User("ann".into()),
        Refusal::Several,
        grant().covers_nothing(),
        Grant { secret: fingerprint().to_string(), ..grant() }.covers_nothing(),
    ];
    insta::assert_snapshot!(said.map(|refusal| refusal.to_string()).join("\n"));
}

#[test]
fn what_is_no_grant_is_refused() {
    let text = grant().sign(&key(2)).expect("a good grant");
    let unknown = serde_json::json!({ "secret": fingerprint().to_string(), "everything": true }).to_string();
    let unknown = format!("kwg1.{}.x", data_encoding::BASE64URL_NOPAD.encode(unknown.as_bytes()));
    for text in ["", "kwg1.", "kwg1..", &text[1..], &text[..20], &unknown, &format!("{text}{}", "A".repeat(LONGEST))] {
        assert_eq!(Unverified::parse(text), Err(Refusal::Form), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_panics_or_is_trusted(text in "(kwg1\\.)?[A-Za-z0-9_.-]{0,200}") {
        if let Ok(read) = Unverified::parse(&text) {
            prop_assert!(read.verify(&[approver(2)]).is_err());
        }
    }

    #[test]
    fn a_grant_with_one_letter_changed_is_not_trusted(at in 0usize..500, letter in "[A-Za-z0-9_.-]") {
        let text = grant().sign(&key(2)).expect("a good grant");
        let at = at % text.len();
        prop_assume!(text[at..=at] != letter);
        let changed = format!("{}{letter}{}", &text[..at], &text[at + 1..]);
        if let Ok(read) = Unverified::parse(&changed) {
            prop_assert!(read.verify(&[approver(2)]).is_err());
        }
    }
}
