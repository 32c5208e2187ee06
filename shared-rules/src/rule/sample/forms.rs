//! Template forms that hold bytes rather than characters: base64, bech32, base58check, seed phrases, and whole values.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{Expansion, length};
use crate::structure::{Alphabet, Structure, make};

impl<'t> Expansion<'t> {
    /// Expands the form `word`, behind which `after` follows; false if it is none of these.
    pub(super) fn form(&mut self, word: &str, after: &'t str) -> Result<bool, String> {
        let (mark, rest) = after.split_at_checked(1).unwrap_or_default();
        let text = match (word, mark) {
            ("b64" | "b64url", ":") => {
                let Some(bytes) = self.bytes(rest) else { return Ok(false) };
                if word == "b64" { STANDARD.encode(bytes) } else { URL_SAFE_NO_PAD.encode(bytes) }
            }
            ("bip39", ":") => {
                let (count, rest) = length(rest, &mut self.random)?.ok_or("`{bip39:` needs a number of words")?;
                self.rest = rest;
                let random = self.random.bytes(64);
                make::bip39(count, &random).ok_or("`{bip39:` takes 12, 15, 18, 21 or 24")?
            }
            ("made", ":") => {
                let (name, rest) = rest.split_once('}').ok_or("`{made:` needs `}`")?;
                self.rest = rest;
                self.made(name)?
            }
            ("percent", "(") => {
                self.rest = rest;
                percent_encoded(&self.inside()?)
            }
            ("bech32", "(") => {
                let (readable, bytes) = self.part_and_bytes(rest).ok_or("`{bech32(` needs `):LENGTH}`")?;
                make::bech32(readable, &bytes).ok_or_else(|| format!("`{readable}` is no readable part"))?
            }
            ("base58check" | "base58xrp", "(") => {
                let alphabet = if word == "base58xrp" { Alphabet::Xrp } else { Alphabet::Bitcoin };
                let (around, bytes) =
                    self.part_and_bytes(rest).ok_or_else(|| format!("`{{{word}(` needs `):LENGTH}}`"))?;
                let (head, tail) = around.split_once("..").unwrap_or((around, ""));
                let payload = hex(head).zip(hex(tail)).map(|(head, tail)| [head, bytes, tail].concat());
                make::base58check(&payload.ok_or_else(|| format!("`{around}` is not hexadecimal"))?, alphabet)
            }
            _ => return Ok(false),
        };
        self.sample.text.push_str(&text);
        Ok(true)
    }

    /// Reads `N}` and draws as many bytes.
    fn bytes(&mut self, text: &'t str) -> Option<Vec<u8>> {
        let (length, rest) = length(text, &mut self.random).ok().flatten()?;
        self.rest = rest;
        Some(self.random.bytes(length))
    }

    /// Reads `PART):N}` and draws as many bytes.
    fn part_and_bytes(&mut self, text: &'t str) -> Option<(&'t str, Vec<u8>)> {
        let (part, rest) = text.split_once("):")?;
        Some((part, self.bytes(rest)?))
    }

    fn made(&mut self, name: &str) -> Result<String, String> {
        let structure = Structure::parse(name).ok_or_else(|| format!("unknown structure `{name}`"))?;
        let random = self.random.bytes(64).try_into().unwrap_or([0; 64]);
        structure.make(&random).ok_or_else(|| format!("`{name}` is made by another template"))
    }
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()
}

fn percent_encoded(text: &str) -> String {
    text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

#[cfg(test)]
mod tests {
    use crate::rule::sample::Sample;

    fn expand(template: &str) -> Result<String, String> {
        Sample::expand(template, 1, None).map(|sample| sample.text)
    }

    #[test]
    fn forms_have_the_length_of_their_bytes() {
        let lengths = [
            ("{b64:32}", 44),
            ("{b64url:32}", 43),
            ("{percent({b64:32})}", 46),
            ("{bech32(nsec):32}", 63),
            ("{base58check(0488ade4):74}", 111),
            ("{made:azure-devops}", 52),
        ];
        for (template, length) in lengths {
            let text = expand(template).expect("a good template");
            assert!(text.len() >= length && text.len() < length + 20, "{template}: {text}");
        }
        assert_eq!(expand("{bip39:12}").map(|text| text.split(' ').count()), Ok(12));
    }

    #[test]
    fn a_broken_form_is_named() {
        for broken in ["{bip39:13}", "{made:none}", "{made:jwt}", "{bech32(nsec)}", "{base58check(xy):3}", "{bip39:x}"]
        {
            assert!(expand(broken).is_err(), "{broken}");
        }
        assert_eq!(expand("{b64:x}"), Ok("{b64:x}".into()));
    }
}
