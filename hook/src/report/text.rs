//! A scan as people read it: one block a finding, a summary last.

use std::fmt::Write;

use crate::command::Scan;
use crate::expiry;
use crate::honour::Excuse;

/// Renders a scan.
pub(crate) fn render(scan: &Scan) -> String {
    let mut text = String::new();
    for judged in &scan.findings {
        let finding = &judged.finding;
        let commit =
            judged.commit.as_ref().map(|id| format!("  commit {}", &id[..7.min(id.len())])).unwrap_or_default();
        let path = if finding.path.is_empty() { "(no path)" } else { &finding.path };
        let reason = expiry::reason(finding, scan.now);
        let _ = writeln!(text, "{}[{}]: {}: {reason}", judged.decision.as_str(), finding.code, finding.name);
        let _ = writeln!(text, "  {path}:{}:{}{commit}", finding.location.line, finding.location.column);
        let _ = writeln!(text, "  {} | {}", finding.location.line, finding.preview);
    }
    for item in &scan.not_scanned {
        let _ = writeln!(text, "not scanned: {}: {}", item.path, item.reason);
    }
    let blocking = scan.findings.iter().filter(|judged| judged.decision.blocks()).count();
    let _ = writeln!(
        text,
        "{} findings, {blocking} to block, in {} files of {:.1} MB; {} not scanned",
        scan.findings.len(),
        scan.stats.files,
        scan.stats.bytes as f64 / 1e6,
        scan.not_scanned.len()
    );
    let (marks, ignored) = (scan.excused(Excuse::Mark), scan.excused(Excuse::IgnoreFile));
    if marks + ignored > 0 {
        let _ = writeln!(text, "{marks} of them excused by marks in their lines, {ignored} by .gitleaksignore");
    }
    text
}
