//! A PDF document of one page, by ISO 32000-1, its text written as different programs write it.

use anyhow::Result;

use super::zlib;

/// Lines of the page.
const LINES: usize = 100;

/// How the page's text is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Pdf {
    /// As it is.
    Open,
    /// Compressed, as by most programs.
    Compressed,
    /// Compressed and then written in base 85, as ReportLab does.
    Ascii85,
}

impl Pdf {
    /// A document whose page shows `text` with one operator, in one piece.
    pub(in super::super) fn showing(self, text: &str) -> Result<Vec<u8>> {
        self.drawing(&format!("({}) Tj", escaped(text)))
    }

    /// The same with the distance between letters set in the midst of it, as typesetters do.
    pub(in super::super) fn typesetting(self, text: &str) -> Result<Vec<u8>> {
        let letters: Vec<char> = text.chars().collect();
        let pieces = letters.chunks(7).map(|piece| format!("({})", escaped(&piece.iter().collect::<String>())));
        self.drawing(&format!("[{}] TJ", pieces.collect::<Vec<_>>().join("-27")))
    }

    fn drawing(self, operator: &str) -> Result<Vec<u8>> {
        // Enough of it for every program to compress.
        let lines: String = (1..LINES).map(|line| format!("(Step {line} of the handbook.) Tj\n0 -14 Td\n")).collect();
        let content = format!("BT\n/F1 12 Tf\n72 720 Td\n{lines}{operator}\nET\n");
        let (filter, data) = match self {
            Pdf::Open => ("", content.into_bytes()),
            Pdf::Compressed => ("/Filter /FlateDecode ", zlib(content.as_bytes())?),
            Pdf::Ascii85 => ("/Filter [ /ASCII85Decode /FlateDecode ] ", ascii85(&zlib(content.as_bytes())?)),
        };
        let mut stream = format!("<< {filter}/Length {} >>\nstream\n", data.len()).into_bytes();
        stream.extend(data);
        stream.extend(b"\nendstream");
        Ok(document(&[
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            &stream,
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ], ""))
    }

    /// A document that needs a password: what stands in it are sealed bytes.
    pub(in super::super) fn locked(sealed: &[u8]) -> Vec<u8> {
        let head = format!("<< /Filter /FlateDecode /Length {} >>\nstream\n", sealed.len());
        let stream = [head.as_bytes(), sealed, b"\nendstream"];
        document(
            &[
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
                &stream.concat(),
                b"<< /Filter /Standard /V 4 /R 4 /Length 128 /P -1340 /O <00> /U <00> >>",
            ],
            "/Encrypt 5 0 R ",
        )
    }
}

fn document(objects: &[&[u8]], trailer: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (index, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", bytes.len()));
        bytes.extend(format!("{} 0 obj\n", index + 1).bytes());
        bytes.extend(*object);
        bytes.extend(b"\nendobj\n");
    }
    let (start, size) = (bytes.len(), objects.len() + 1);
    let end =
        format!("xref\n0 {size}\n{table}trailer\n<< /Size {size} {trailer}/Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    bytes.extend(end.bytes());
    bytes
}

fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('(', r"\(").replace(')', r"\)")
}

fn ascii85(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for group in bytes.chunks(4) {
        let mut padded = [0; 4];
        padded[..group.len()].copy_from_slice(group);
        let mut number = u32::from_be_bytes(padded);
        if number == 0 && group.len() == 4 {
            text.push(b'z');
            continue;
        }
        let mut digits = [0; 5];
        for digit in digits.iter_mut().rev() {
            *digit = b'!' + (number % 85) as u8;
            number /= 85;
        }
        text.extend(&digits[..=group.len()]);
    }
    text.extend(b"~>");
    text
}
