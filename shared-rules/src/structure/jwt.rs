//! JSON Web Tokens, RFC 7519: enough decoding to know one and its dates.

use serde_json::{Map, Value};

use super::Verdict;
use crate::decode;

/// Longest token worth decoding, in bytes.
const LIMIT: usize = 16 * 1024;

/// What a token says of itself. Times are seconds since 1970.
#[derive(Debug, PartialEq)]
pub struct JwtClaims {
    /// `alg` of the header.
    pub algorithm: String,
    /// `exp` of the payload.
    pub expires: Option<i64>,
    /// `iss` of the payload.
    pub issuer: Option<String>,
}

impl JwtClaims {
    /// Decodes header and payload; the signature is not checked, since its key is elsewhere.
    pub fn decode(token: &[u8]) -> Option<JwtClaims> {
        decode(token)
    }
}

pub(super) fn judge(token: &[u8]) -> Verdict {
    Verdict::decoded(decode(token).is_some())
}

pub(super) fn decode(token: &[u8]) -> Option<JwtClaims> {
    if token.len() > LIMIT {
        return None;
    }
    let mut parts = unprefixed(token).split(|&byte| byte == b'.');
    let header = object(parts.next()?)?;
    let algorithm = header.get("alg")?.as_str()?.to_owned();
    let second = parts.next()?;
    parts.next()?;
    // An encrypted token (JWE) has a key there instead of claims.
    let payload = if header.contains_key("enc") { Map::new() } else { object(second)? };
    let claim = |name: &str| payload.get(name).and_then(Value::as_str);
    // Supabase gives out tokens of the role `anon` for the browser; the subject is that of jwt.io's sample.
    if claim("role") == Some("anon") || claim("sub") == Some("1234567890") && claim("name") == Some("John Doe") {
        return None;
    }
    Some(JwtClaims {
        algorithm,
        expires: payload.get("exp").and_then(seconds),
        issuer: payload.get("iss").and_then(Value::as_str).map(str::to_owned),
    })
}

/// Some providers put a mark of their own before the token. Base64 of a JSON object opens "ey".
fn unprefixed(token: &[u8]) -> &[u8] {
    const LONGEST_MARK: usize = 32;
    let head = &token[..token.len().min(LONGEST_MARK)];
    memchr::memmem::find(head, b"ey").map_or(token, |at| &token[at..])
}

/// A NumericDate, which may have a fraction.
fn seconds(date: &Value) -> Option<i64> {
    date.as_i64().or_else(|| date.as_f64().map(|seconds| seconds as i64))
}

fn object(part: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(&decode::base64(part)?).ok()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::JwtClaims;

    #[test]
    fn a_token_tells_algorithm_expiry_and_issuer() {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let token = format!("{}.{}.c2ln", part(r#"{"alg":"HS256"}"#), part(r#"{"exp":17,"iss":"me"}"#));
        let expected = JwtClaims { algorithm: "HS256".into(), expires: Some(17), issuer: Some("me".into()) };
        assert_eq!(JwtClaims::decode(token.as_bytes()), Some(expected));
        assert_eq!(JwtClaims::decode(format!("acme_{token}").as_bytes()), JwtClaims::decode(token.as_bytes()));
        assert_eq!(JwtClaims::decode(b"eyJhbGciOiJIUzI1NiJ9.bm90IGpzb24.c2ln"), None);
    }
}
