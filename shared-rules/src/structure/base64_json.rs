//! Base64 of a JSON object, with or without something before and behind it.

use serde_json::{Map, Value};

use super::Verdict;
use crate::decode;

pub(super) fn judge(value: &[u8]) -> Verdict {
    Verdict::decoded(decodes(value))
}

fn decodes(value: &[u8]) -> bool {
    // Base64 of an object opens "eyJ", of one with a blank first "eyA".
    let start = value.windows(3).position(|window| window == b"eyJ" || window == b"eyA");
    let Some(start) = start else { return false };
    let end = value[start..]
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric() && !b"+/-_=".contains(byte))
        .map_or(value.len(), |length| start + length);
    // Some providers append "_" and a signature to the JSON: try the whole, then up to the last "_".
    let candidates = [Some(&value[start..end]), value[start..end].rsplitn(2, |&byte| byte == b'_').nth(1)];
    candidates.into_iter().flatten().any(|text| {
        decode::base64(text).and_then(|json| serde_json::from_slice::<Map<String, Value>>(&json).ok()).is_some()
    })
}
