//! Reads backwards from a value to the name it is assigned to: `name = value`, `"name": "value"`, `--name value`,
//! `<name>value</name>`, `set_name("value")`, `Name: Bearer value`, and the two-line forms of YAML and plist.

mod name;
mod operator;

use std::ops::Range;

use name::{blank_assigns, is_holder};

/// Bytes before the value in which a keyword counts.
pub(crate) const LOOKBACK: usize = 96;

/// Calls wrapped around a value that are looked through.
const WRAPPED: usize = 3;

/// What joins name and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    /// `=`, `:`, `=>`, `:=`.
    Assign,
    /// `<name>value`.
    Tag,
    /// `name("value"`, `("name", "value"`.
    Call,
    /// `--name value`, or a configuration line `name value`.
    Blank,
    /// `name || value`: what holds where the name is not set.
    Default,
}

/// A value that is given to a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The name's bytes.
    pub(crate) name: Range<usize>,
    /// The bytes before the value in which a keyword counts, the name included.
    pub(crate) lookback: Range<usize>,
    /// What joins them.
    pub(crate) operator: Operator,
    /// Whether a quote opens right before the value.
    pub(crate) quoted: bool,
    /// Whether the name stands elsewhere and only something like `value` before the value: `name` is then all the text up to there.
    pub(crate) held: bool,
}

impl Assignment {
    /// The assignment whose value begins at `value`, if one does.
    pub(crate) fn of(bytes: &[u8], value: usize) -> Option<Assignment> {
        let quoted = value > 0 && is_quote(bytes[value - 1]);
        let mut at = operator::skip_gap(bytes, value)?;
        if let Some(before_scheme) = operator::skip_scheme(bytes, at, value) {
            at = operator::skip_gap(bytes, before_scheme)?;
        }
        let (mut operator, mut end) = operator::operator(bytes, at, value)?;
        // `password = b64decode("…")`: the call is on the way, the name before it.
        for _ in 0..WRAPPED {
            let inside = (operator == Operator::Call).then(|| name::wrapper(bytes, end)).flatten();
            let outer = inside.and_then(|start| operator::operator(bytes, start, start));
            let Some((outer, before)) = outer.filter(|(outer, _)| *outer != Operator::Tag) else { break };
            (operator, end) = (outer, before);
        }
        let name = match operator {
            Operator::Tag => name::tag(bytes, end)?,
            _ => name::name(bytes, end)?,
        };
        let lookback = lookback_start(bytes, value)..value;
        let name = if operator == Operator::Blank && !blank_assigns(bytes, &name, quoted) { return None } else { name };
        let held = is_holder(&bytes[name.clone()]);
        let name = if held { lookback.start.min(name.start)..name.end } else { name };
        Some(Assignment { name, lookback, operator, quoted, held })
    }
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$' | b'/') || byte >= 0x80
}

/// At most `LOOKBACK` bytes and three line ends back, and never into a paragraph before a blank line.
fn lookback_start(bytes: &[u8], value: usize) -> usize {
    let floor = value.saturating_sub(LOOKBACK);
    let ends = memchr::memrchr_iter(b'\n', &bytes[floor..value]).map(|index| floor + index);
    for (lines, index) in (1..).zip(ends) {
        if lines == 3 || (index > 0 && bytes[index - 1] == b'\n') {
            return index + 1;
        }
    }
    floor
}

#[cfg(test)]
mod tests {
    use super::{Assignment, Operator};
    use crate::context::normalize;

    fn name(text: &str) -> Option<(String, Operator)> {
        let value = text.find("VALUE").expect("a value");
        let found = Assignment::of(text.as_bytes(), value)?;
        Some((normalize(&text.as_bytes()[found.name]), found.operator))
    }

    #[test]
    fn every_way_to_assign_is_read() {
        use Operator::{Assign, Blank, Call, Default, Tag};
        let cases = [
            ("API_KEY=VALUE", "apikey", Assign),
            ("  api-key: 'VALUE'", "apikey", Assign),
            ("{\"apiKey\" : \"VALUE\"}", "apikey", Assign),
            ("{\\\"apiKey\\\": \\\"VALUE\\\"}", "apikey", Assign),
            ("api_key := `VALUE`", "apikey", Assign),
            ("'api_key' => 'VALUE'", "apikey", Assign),
            ("const API_KEY: &str = \"VALUE\"", "apikey", Assign),
            ("apiKey: string = \"VALUE\"", "apikey", Assign),
            ("config['api_key'] = b'VALUE'", "apikey", Assign),
            ("Authorization: Bearer VALUE", "authorization", Assign),
            ("-H 'X-Api-Key: VALUE'", "xapikey", Assign),
            ("<apiKey>VALUE</apiKey>", "apikey", Tag),
            ("default['db']['password']['app'] = 'VALUE'", "dbpasswordapp", Assign),
            ("<wsse:Password Type=\"urn:text\">VALUE<", "wssepassword", Tag),
            ("the password is VALUE", "password", Blank),
            ("**Token:** VALUE", "token", Assign),
            ("<string name=\"api_key\">VALUE</string>", "apikey", Tag),
            ("<property name='connection.password'>VALUE<", "connectionpassword", Tag),
            ("<add key=\"ApiKey\" value=\"VALUE\"/>", "addkeyapikeyvalue", Assign),
            ("- name: API_KEY\n  value: VALUE", "nameapikeyvalue", Assign),
            ("setApiKey(\"VALUE\")", "setapikey", Call),
            ("setenv(\"API_KEY\", \"VALUE\")", "apikey", Call),
            ("tool --api-key VALUE", "apikey", Blank),
            ("tool --api-key=VALUE", "apikey", Assign),
            ("ENV API_KEY VALUE", "apikey", Blank),
            ("requirepass VALUE", "requirepass", Blank),
            ("machine h login u password VALUE", "password", Blank),
            ("api_key: |\n  VALUE", "apikey", Assign),
            ("| api key | VALUE |", "key", Assign),
            ("process.env.API_KEY || 'VALUE'", "processenvapikey", Default),
            ("os.environ.get('API_KEY') or 'VALUE'", "apikey", Default),
            ("${API_KEY:-VALUE}", "apikey", Default),
            ("password = base64.b64decode(\"VALUE\")", "password", Assign),
            ("String pass = new String(Base64.getDecoder().decode(\"VALUE\"))", "pass", Assign),
            ("var jwtKey = []byte(\"VALUE\")", "jwtkey", Assign),
            ("public string Token { get; set; } = \"VALUE\"", "token", Assign),
            ("Const ApiKey As String = \"VALUE\"", "apikey", Assign),
            ("WITH PASSWORD = N'VALUE'", "password", Assign),
            ("std::string kToken{\"VALUE\"}", "ktoken", Assign),
            ("ALTER ROLE x PASSWORD 'VALUE'", "password", Blank),
            ("RUN wandb login VALUE", "login", Blank),
            ("\u{5bc6}\u{7801}\u{ff1a}VALUE", "", Assign),
        ];
        for (text, expected, operator) in cases {
            assert_eq!(name(text), Some((expected.to_owned(), operator)), "{text}");
        }
    }

    #[test]
    fn prose_and_paths_assign_nothing() {
        for text in ["see the VALUE", "a::VALUE", "ptr->VALUE", "VALUE", "word, VALUE"] {
            assert_eq!(name(text), None, "{text}");
        }
    }
}
