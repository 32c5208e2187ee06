//! Go's regular expressions in this crate's syntax. Both are RE2's children and differ in escapes, in classes and in what a brace may be.
//! Go's syntax: <https://pkg.go.dev/regexp/syntax>. Here an expression runs on bytes: `.` and `[^x]` take one byte.

use std::iter::Peekable;
use std::str::Chars;

use regex_syntax::ParserBuilder;

use crate::rule::search::Expression;

/// `\s` in Go has no vertical tab.
const SPACE: &str = r"\x09\x0A\x0C\x0D\x20";
const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";

/// An expression, and how many groups it has.
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) expression: Expression,
    pub(super) groups: usize,
}

/// Translates and parses; compiling is left to the first use.
///
/// # Errors
/// What is not supported, in a few words.
pub(super) fn translate(source: &str) -> Result<Translated, String> {
    let mut translation = Translation { rest: source.chars().peekable(), out: String::new(), fold: vec![false] };
    translation.run()?;
    let parsed = ParserBuilder::new().unicode(false).utf8(false).build().parse(&translation.out);
    let hir = parsed.map_err(|error| match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        _ => "it is no regular expression".to_owned(),
    })?;
    Ok(Translated { expression: Expression::new(translation.out), groups: hir.properties().explicit_captures_len() })
}

struct Translation<'s> {
    rest: Peekable<Chars<'s>>,
    out: String,
    /// Whether case is folded, for each open group.
    fold: Vec<bool>,
}

/// What an escape stands for.
enum Escaped {
    /// One character.
    Letter(char),
    /// The inside of a class, and whether all but that is meant.
    Set(&'static str, bool),
    /// `\A`, `\b` and their like.
    Place(char),
}

impl Translation<'_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(letter) = self.rest.next() {
            match letter {
                '\\' if self.rest.next_if_eq(&'Q').is_some() => self.quoted(),
                '\\' => match self.escape()? {
                    Escaped::Letter(letter) => self.literal(letter),
                    Escaped::Set(set, negated) => self.set(set, negated),
                    Escaped::Place(place) => self.out.extend(['\\', place]),
                },
                '[' => self.class()?,
                '(' => self.group()?,
                ')' => {
                    self.fold.pop();
                    self.out.push(')');
                }
                '{' => self.brace(),
                '.' | '*' | '+' | '?' | '|' | '^' | '$' => self.out.push(letter),
                other => self.literal(other),
            }
        }
        Ok(())
    }

    fn literal(&mut self, letter: char) {
        let mut text = [0; 4];
        self.out.push_str(&regex_syntax::escape(letter.encode_utf8(&mut text)));
    }

    fn set(&mut self, set: &str, negated: bool) {
        self.out.push_str(if negated { "[^" } else { "[" });
        self.out.push_str(set);
        self.out.push(']');
    }

    /// Everything up to `\E` as it stands.
    fn quoted(&mut self) {
        while let Some(letter) = self.rest.next() {
            if letter == '\\' && self.rest.next_if_eq(&'E').is_some() {
                return;
            }
            self.literal(letter);
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<Escaped, String> {
        let letter = self.rest.next().ok_or("it ends in a backslash")?;
        Ok(match letter {
            'd' | 'D' => Escaped::Set(DIGIT, letter == 'D'),
            's' | 'S' => Escaped::Set(SPACE, letter == 'S'),
            'w' | 'W' => Escaped::Set(WORD, letter == 'W'),
            'A' | 'b' | 'B' | 'z' => Escaped::Place(letter),
            'a' => Escaped::Letter('\x07'),
            'f' => Escaped::Letter('\x0c'),
            'n' => Escaped::Letter('\n'),
            'r' => Escaped::Letter('\r'),
            't' => Escaped::Letter('\t'),
            'v' => Escaped::Letter('\x0b'),
            'x' => Escaped::Letter(self.hexadecimal()?),
            '0'..='7' => Escaped::Letter(self.octal(letter)?),
            'p' | 'P' => return Err(format!("`\\{letter}`: Unicode classes are not supported")),
            other if other.is_ascii() && !other.is_ascii_alphanumeric() => Escaped::Letter(other),
            other => return Err(format!("the escape `\\{other}` is not known")),
        })
    }

    fn hexadecimal(&mut self) -> Result<char, String> {
        let mut digits = String::new();
        if self.rest.next_if_eq(&'{').is_some() {
            digits.extend(std::iter::from_fn(|| self.rest.next_if(|&letter| letter != '}')));
            self.rest.next();
        } else {
            digits.extend(self.rest.next().into_iter().chain(self.rest.next()));
        }
        let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
        code.ok_or_else(|| format!("`\\x{digits}` is no character"))
    }

    /// `\0`, `\012`, `\123`; a single digit from 1 on would be a back-reference.
    fn octal(&mut self, first: char) -> Result<char, String> {
        let mut digits = String::from(first);
        while digits.len() < 3 {
            let Some(digit) = self.rest.next_if(|letter| ('0'..='7').contains(letter)) else { break };
            digits.push(digit);
        }
        if first != '0' && digits.len() == 1 {
            return Err(format!("`\\{first}`: back-references are not supported"));
        }
        let code = u32::from_str_radix(&digits, 8).ok().and_then(char::from_u32);
        code.ok_or_else(|| format!("`\\{digits}` is no character"))
    }

    /// `(`, `(?:`, `(?P<name>`, `(?<name>`, `(?i)`, `(?i:`. Names go: two rules may differ in what they allow, and nobody asks for them.
    fn group(&mut self) -> Result<(), String> {
        let outer = self.fold.last().copied().unwrap_or_default();
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            self.fold.push(outer);
            return Ok(());
        }
        let python = self.rest.next_if_eq(&'P').is_some();
        if self.rest.next_if_eq(&'<').is_some() {
            let name: String = std::iter::from_fn(|| self.rest.next_if(|&letter| letter != '>')).collect();
            if self.rest.next().is_none() || !name.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
            {
                return Err("look-around and back-references are not supported".to_owned());
            }
            self.fold.push(outer);
            return Ok(());
        }
        if python || self.rest.next_if(|&letter| letter == '=' || letter == '!').is_some() {
            return Err("look-around and back-references are not supported".to_owned());
        }
        self.flags(outer)
    }

    fn flags(&mut self, outer: bool) -> Result<(), String> {
        let flags: String = std::iter::from_fn(|| self.rest.next_if(|letter| "imsU-".contains(*letter))).collect();
        let (on, off) = flags.split_once('-').unwrap_or((&flags, ""));
        let fold = (outer || on.contains('i')) && !off.contains('i');
        self.out.push('?');
        self.out.push_str(&flags);
        match self.rest.next() {
            Some(':') => self.fold.push(fold),
            Some(')') => {
                if let Some(here) = self.fold.last_mut() {
                    *here = fold;
                }
                self.out.push(')');
                return Ok(());
            }
            _ => return Err("a group begins with `(?` and no known flag".to_owned()),
        }
        self.out.push(':');
        Ok(())
    }

    /// A repetition, or a brace that is none and stands for itself.
    fn brace(&mut self) {
        let ahead: String = self.rest.clone().take_while(|&letter| letter != '}').take(12).collect();
        let closed = self.rest.clone().nth(ahead.chars().count()) == Some('}');
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (least, most) = ahead.split_once(',').unwrap_or((&ahead, ""));
        if closed && !least.is_empty() && digits(least) && digits(most) {
            self.out.push('{');
            self.out.push_str(&ahead);
            self.out.push('}');
            self.rest.nth(ahead.len());
        } else {
            self.out.push_str(r"\{");
        }
    }

    /// `[...]`. What Go takes for itself inside, as `[`, `&&` and `~~`, is escaped.
    fn class(&mut self) -> Result<(), String> {
        let mut class = String::from(if self.rest.next_if_eq(&'^').is_some() { "[^" } else { "[" });
        let mut wide = false;
        let mut first = true;
        loop {
            let letter = self.rest.next().ok_or("a class is not closed")?;
            if letter == ']' && !first {
                break;
            }
            first = false;
            if letter == '[' && self.named(&mut class) {
                continue;
            }
            match self.member(letter)? {
                Escaped::Set(set, negated) if negated => {
                    class.push_str(&format!("[^{set}]"));
                }
                Escaped::Set(set, _) => class.push_str(set),
                Escaped::Letter(from) => wide |= self.range(from, &mut class)?,
                Escaped::Place(place) => return Err(format!("the escape `\\{place}` does not go into a class")),
            }
        }
        class.push(']');
        if !wide {
            self.out.push_str(&class);
        } else if self.fold.last() == Some(&true) {
            return Err("a class with letters beyond ASCII is not supported where case is ignored".to_owned());
        } else {
            self.out.push_str(&format!("(?u:{class})"));
        }
        Ok(())
    }

    /// `[:alpha:]` or `[:^alpha:]` behind its first bracket; anything else leaves the bracket to stand for itself.
    fn named(&mut self, class: &mut String) -> bool {
        let ahead: String = self.rest.clone().take(12).collect();
        let name = ahead.strip_prefix(':').and_then(|ahead| ahead.split_once(":]")).map(|(name, _)| name);
        let Some(name) = name.filter(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'^')) else {
            return false;
        };
        class.push_str(&format!("[:{name}:]"));
        self.rest.nth(name.len() + 2);
        true
    }

    fn member(&mut self, letter: char) -> Result<Escaped, String> {
        if letter == '\\' { self.escape() } else { Ok(Escaped::Letter(letter)) }
    }

    /// One character of a class, or all from it to another; tells whether one lies beyond ASCII.
    fn range(&mut self, from: char, class: &mut String) -> Result<bool, String> {
        let code = |letter: char| format!(r"\x{{{:X}}}", u32::from(letter));
        class.push_str(&code(from));
        let mut ahead = self.rest.clone();
        if ahead.next() != Some('-') || matches!(ahead.next(), None | Some(']')) {
            return Ok(!from.is_ascii());
        }
        // The dash; the look ahead saw that more follows.
        self.rest.next();
        let letter = self.rest.next().unwrap_or_default();
        let Escaped::Letter(to) = self.member(letter)? else {
            return Err("a range in a class ends in a class".to_owned());
        };
        class.push('-');
        class.push_str(&code(to));
        Ok(!to.is_ascii())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::translate;

    #[test]
    fn what_means_the_same_matches_the_same() {
        let cases = [
            (r"acme_[0-9a-f]{4}\z", "acme_00ff", true),
            (r"(?P<key>a)(?<2nd>b)", "ab", true),
            (r"(?i)ACME", "acme", true),
            (r"(?i:A)b", "aB", false),
            (r"a\Q.*\Eb", "a.*b", true),
            (r"a\Q.*", "ab", false),
            (r"\x41\x{42}\103\0", "ABC\0", true),
            (r"\<a\>\_\-\/\'\@", "<a>_-/'@", true),
            (r"[[a\]&&b~~-]{9}", "[a]&&b~~-", true),
            (r"[]a]+$", "]a", true),
            (r"[\w.-]+=", "a.b-c=", true),
            (r"^[^\S\n]$", "\n", false),
            (r"^[^\S\n]$", " ", true),
            (r"^\s$", "\u{b}", false),
            (r"[[:alnum:]_]{3}", "a_1", true),
            (r"^[[:]+$", "[:", true),
            (r"a{,2}{", "a{,2}{", true),
            (r"a{2,}}", "aa}", true),
            (r"{{ *x *}}", "{{ x }}", true),
            (r"[à-ÿ]b", "éb", true),
            (r"zwölf+", "zwölff", true),
            (r"(?s)a.b", "a\nb", true),
            (r"a.b", "a\nb", false),
            (r"(?m)^b$", "a\nb\nc", true),
        ];
        for (source, text, expected) in cases {
            let translated = translate(source).unwrap_or_else(|problem| panic!("{source}: {problem}"));
            translated.expression.check().unwrap_or_else(|problem| panic!("{source}: {problem}"));
            assert_eq!(translated.expression.matches(text.as_bytes()), expected, "{source} on {text:?}");
        }
    }

    #[test]
    fn what_is_not_supported_is_said() {
        let said: Vec<String> = [
            "a(?=b)",
            "a(?!b)",
            "(?<=a)b",
            "(?<!a)b",
            r"(a)\1",
            r"\p{Greek}",
            "[a",
            "(a",
            r"a\",
            r"\y",
            "(?x)a",
            "a**)",
            r"(?i)[é]",
            r"[\b]",
            r"\x{110000}",
            r"[\d-z",
            "(?",
            "(?P=n)",
        ]
        .iter()
        .map(|source| format!("{source:<12} {}", translate(source).expect_err(source)))
        .collect();
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn groups_are_counted() {
        assert_eq!(translate("(a)(?:b)(?P<c>c)(?i)").expect("good").groups, 2);
    }

    proptest! {
        #[test]
        fn no_expression_makes_the_translation_panic(source in r"([a-c\[\](){}?:<>P=!^$|*+,0-9iU\\QExzpwsb. -]|\PC){0,40}") {
            let _ = translate(&source);
        }

        #[test]
        fn a_quoted_text_matches_itself(text in "[ -~]{0,20}") {
            prop_assume!(!text.contains("\\E"));
            let translated = translate(&format!(r"^\Q{text}\E$")).expect("quoted");
            // A backslash before the closing mark belongs to the mark.
            prop_assume!(!text.ends_with('\\'));
            prop_assert!(translated.expression.matches(text.as_bytes()));
        }
    }
}
