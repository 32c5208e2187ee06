//! Any grant, the second line a list of bytes to change in a good one: refused in words; none that was changed is trusted.

#![no_main]

use keyward_rules::grant::{Approver, Grant, Occasion, Unverified};
use keyward_rules::sign::PrivateKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let key = PrivateKey::new(&[1; 32]);
    let approvers = [Approver { name: "ann".into(), key: key.public() }];
    if let Ok(text) = std::str::from_utf8(data) {
        trusted(text, &approvers);
    }
    let grant = Grant {
        secret: "KW-7F3K9QXD".into(),
        repository: "group/app".into(),
        commit: "1".repeat(40),
        reference: "refs/heads/main".into(),
        user: None,
        reason: "r".into(),
        issued: 1_796_000_000,
        expires: 1_796_003_600,
    };
    let good = grant.sign(&key).expect("a good grant");
    let mut changed = good.clone().into_bytes();
    for change in data.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % changed.len();
        changed[at] = change[2];
    }
    let Ok(changed) = String::from_utf8(changed) else { return };
    assert!(changed.trim() == good || !trusted(&changed, &approvers), "{changed}");
});

/// Whether an approver signed it; asks everything that the hook asks.
fn trusted(text: &str, approvers: &[Approver]) -> bool {
    let read = match Unverified::parse(text) {
        Ok(read) => read,
        Err(refusal) => {
            assert!(!refusal.to_string().is_empty());
            return false;
        }
    };
    let refs = [read.claims().reference.clone()];
    for now in [i64::MIN, 0, read.claims().issued, i64::MAX] {
        let push = Occasion { repository: &read.claims().repository, refs: &refs, actor: None, now, longest: 24 };
        if let Err(refusal) = read.claims().holds(&push) {
            assert!(!refusal.to_string().contains('\n'), "{refusal}");
        }
    }
    assert!(!read.claims().covers_nothing().to_string().contains('\n'));
    read.verify(approvers).is_ok()
}
