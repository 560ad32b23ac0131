//! The document as a page that stands alone: no scripts, no fonts, nothing fetched; charts are SVG in the page. Readable on a phone, in
//! the dark and on paper. Quotes and ids are a customer's text: `maud` escapes whatever is put in by parentheses.

use domain::audits::document::{Change, CheckScore, Document, Finding, GroupScore, Judged, Verdict};
use domain::audits::rubric::Rubric;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Failures shown for each check besides the worst conversations; the JSON document has all.
const EXAMPLES: usize = 5;
/// Rows of a table of groups; the JSON document has all.
const ROWS: usize = 50;
/// Longest quote shown, in Unicode scalar values; the JSON document has all of it.
const QUOTE: usize = 600;
const STYLE: &str = include_str!("page.css");

/// The page. `sha256` is the hash of the JSON document that it shows.
pub fn page(document: &Document, sha256: &str) -> String {
    let rubric = &document.rubric;
    let failed: u32 = document.checks.iter().map(|check| check.failed).sum();
    let passed: u32 = document.checks.iter().map(|check| check.passed).sum();
    let critical: u32 = document.channels.iter().map(|group| group.critical).sum();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { "Audit: " (rubric.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { "Audit: " (rubric.title) }
                    p.soft {
                        "Rubric " (rubric.label()) " · " (period(document)) " · asked for " (day(&document.requested_at)) " · " (document.tenant)
                    }
                    (note(document))
                    dl.figures {
                        div { dt { "Score" } dd { (number(document.score)) } }
                        @if let Some(change) = &document.change {
                            div { dt { "Against the audit before" } dd { (difference(change.difference)) } }
                        }
                        div { dt { "Conversations" } dd { (document.conversations.audited) } }
                        div { dt { "Checks kept" } dd.good { (passed) } }
                        div { dt { "Checks broken" } dd.bad { (failed) } }
                        div { dt { "Critical failures" } dd.bad { (critical) } }
                    }
                    p.soft {
                        "A score is 100 × the weight of the checks kept ÷ the weight of the checks kept and broken. A check that is not about a "
                        "conversation counts for nothing. Matched " (document.conversations.matched) ", drawn " (document.conversations.selected)
                        @if let Some(sample) = document.scope.sample { " (a sample of " (sample) ", seed " (document.scope.seed) ")" }
                        ", judged " (document.conversations.audited) ", deleted meanwhile " (document.conversations.gone) "."
                    }
                    h2 { "Checks" }
                    (chart(&document.checks))
                    (checks(document))
                    @for (title, first, groups) in [
                        ("Agents and bots", "Agent", &document.agents), ("Teams", "Team", &document.teams), ("Channels", "Channel", &document.channels),
                    ] {
                        h2 { (title) }
                        (table_of(first, groups))
                    }
                    h2 { "Worst conversations" }
                    (extremes(rubric, &document.worst, "No check was broken."))
                    h2 { "Best conversations" }
                    (extremes(rubric, &document.best, "No conversation kept all that applies to it."))
                    h2 { "Examples of failures" }
                    (examples(document))
                    h2 { "What the checks see" }
                    (limits(rubric))
                    h2 { "About this document" }
                    p {
                        "Audit " code { (document.audit_id) } ", judged by " (document.engine) ". It shows the JSON document "
                        (document.format) " with SHA-256 " code { (sha256) } "; that document holds every finding of every conversation."
                    }
                }
            }
        }
    }
    .into_string()
}

fn note(document: &Document) -> Markup {
    html! {
        @if document.masked {
            p { "Personal data in quotes are masked (█). Names are masked where the contact's record holds them; a name that stands only in the text is not." }
        } @else {
            p.warn { strong { "Quotes are as they were written and may hold personal data." } }
        }
        @if document.erased > 0 {
            p { (document.erased) " conversations were erased after the audit. Their words and ids were taken out; their verdicts stay." }
        }
    }
}

fn period(document: &Document) -> String {
    let side = |at: &Option<String>| {
        at.as_deref().map_or("…".to_owned(), |at| at.trim_end_matches(":00Z").replace('T', " "))
    };
    format!("{} to {} UTC", side(&document.scope.from), side(&document.scope.to))
}

fn day(at: &str) -> &str {
    at.get(..10).unwrap_or(at)
}

/// At one decimal; what is below 100 never reads as 100.
fn number(score: Option<f64>) -> String {
    let shown = |score: f64| if score < 100.0 { score.min(99.9) } else { score };
    score.map_or("–".to_owned(), |score| format!("{:.1}", shown(score)))
}

fn difference(change: Option<f64>) -> Markup {
    let class = match change {
        Some(change) if change > 0.0 => "good",
        Some(change) if change < 0.0 => "bad",
        _ => "soft",
    };
    html! { span class=(class) { (change.map_or("–".to_owned(), |change| format!("{change:+.1}"))) } }
}

/// Bars of the checks: kept and broken as shares of where they applied.
fn chart(checks: &[CheckScore]) -> Markup {
    const ROW: u32 = 44;
    const WIDTH: f64 = 640.0;
    let height = ROW * u32::try_from(checks.len()).unwrap_or(0) + 8;
    let told: Vec<String> = checks.iter().map(|check| format!("{}: {}", check.title, number(check.score))).collect();
    html! {
        figure style="margin:1rem 0" {
            svg viewBox=(format!("0 0 {WIDTH} {height}")) width=(WIDTH) height=(height) role="img" aria-label=(told.join("; ")) {
                @for (row, check) in (0_u32..).zip(checks) {
                    @let y = row * ROW;
                    text x="0" y=(y + 16) { (check.title) }
                    text x=(WIDTH) y=(y + 16) text-anchor="end" { (number(check.score)) }
                    rect.track x="0.5" y=(f64::from(y) + 22.5) width=(WIDTH - 1.0) height="11" rx="3" {}
                    @if let Some(score) = check.score {
                        @let kept = (score * WIDTH / 100.0).round();
                        @if kept > 0.0 { rect.pass x="0" y=(y + 22) width=(kept) height="12" rx="3" {} }
                        @if kept < WIDTH { rect.fail x=(kept) y=(y + 22) width=(WIDTH - kept) height="12" rx="3" {} }
                    }
                }
            }
            figcaption.soft { "Green: kept. Red: broken. Empty: never applied." }
        }
    }
}

fn checks(document: &Document) -> Markup {
    let before = |name: &str| {
        document.change.as_ref().and_then(|change: &Change| change.checks.iter().find(|check| check.check == name))
    };
    html! {
        div.wide {
            table {
                caption { "Conversations by check" }
                thead { tr {
                    th scope="col" { "Check" } th.extra scope="col" { "Severity" } th.n.extra scope="col" { "Weight" } th.n scope="col" { "Kept" }
                    th.n scope="col" { "Broken" } th.n.extra scope="col" { "Not about it" } th.n scope="col" { "Score" }
                    @if document.change.is_some() { th.n scope="col" { "Change" } }
                } }
                tbody { @for check in &document.checks { tr {
                    th scope="row" { (check.title) } td.extra { (check.severity.as_str()) } td.n.extra { (check.weight) } td.n { (check.passed) }
                    td.n { @if check.failed > 0 { strong.bad { (check.failed) } } @else { "0" } } td.n.extra { (check.not_applicable) } td.n { (number(check.score)) }
                    @if document.change.is_some() { td.n { (difference(before(&check.check).and_then(|check| check.difference))) } }
                } } }
            }
        }
        @if let Some(change) = &document.change {
            p.soft { "Compared with audit " code { (change.audit_id) } ", version " (change.rubric_version) " of the rubric, score " (number(change.score_before)) "." }
        }
    }
}

fn table_of(first: &str, groups: &[GroupScore]) -> Markup {
    if groups.is_empty() {
        return html! { p.soft { "None." } };
    }
    html! {
        div.wide {
            table {
                thead { tr {
                    th scope="col" { (first) } th.n scope="col" { "Conversations" } th.n scope="col" { "Kept" } th.n scope="col" { "Broken" }
                    th.n.extra scope="col" { "Critical" } th.n scope="col" { "Score" }
                } }
                tbody { @for group in groups.iter().take(ROWS) { tr {
                    td.id { @if let Some(id) = &group.id { (id) } @else { span.soft { "unknown" } } }
                    td.n { (group.conversations) } td.n { (group.passed) } td.n { (group.failed) } td.n.extra { (group.critical) } td.n { (number(group.score)) }
                } } }
            }
        }
        @if groups.len() > ROWS { p.soft { (groups.len() - ROWS) " more are in the JSON document." } }
    }
}

fn extremes(rubric: &Rubric, list: &[Judged], none: &str) -> Markup {
    html! {
        @if list.is_empty() { p.soft { (none) } }
        @for judged in list {
            @let fails = judged.findings.iter().any(|finding| finding.verdict == Verdict::Fail);
            article class=(if fails { "fails" } else { "keeps" }) {
                h3 { "Conversation " (judged.conversation_uid) " · score " (number(judged.score)) }
                p.soft {
                    (day(&judged.created_at))
                    @if let Some(channel) = &judged.channel_type { " · " (channel) }
                    @if let Some(team) = &judged.team_id { " · team " (team) }
                }
                // Of the best a few words are enough; of the worst what was broken.
                @for finding in judged.findings.iter().filter(|finding| finding.verdict == Verdict::Fail || (!fails && !finding.evidence.is_empty())).take(6) {
                    (self::finding(rubric, finding))
                }
            }
        }
    }
}

fn finding(rubric: &Rubric, finding: &Finding) -> Markup {
    let title = rubric
        .checks
        .iter()
        .find(|check| check.name == finding.check)
        .map_or(finding.check.as_str(), |check| &check.title);
    html! {
        p {
            @if finding.verdict == Verdict::Fail { strong.bad { "Broken: " } } @else { strong.good { "Kept: " } }
            (title)
            span.soft {
                " (" (finding.reason.replace('_', " "))
                @if let Some(agent) = &finding.agent_id { ", " (agent) }
                @if let Some(seconds) = finding.seconds { ", " (duration(seconds)) }
                ")"
            }
        }
        @for quote in &finding.evidence {
            blockquote { (shortened(&quote.quote)) footer { "message " (quote.message_id) ", " (quote.start) "–" (quote.end) } }
        }
        @if let Some(looked) = &finding.looked_in {
            @if finding.verdict == Verdict::Fail {
                p.soft {
                    "Not found in " (looked.messages) @if looked.messages == 1 { " message" } @else { " messages" }
                    @if !looked.message_ids.is_empty() { ": " (looked.message_ids.join(", ")) @if usize::try_from(looked.messages).unwrap_or(0) > looked.message_ids.len() { ", …" } }
                }
            }
        }
    }
}

fn shortened(quote: &str) -> String {
    let mut text: String = quote.chars().take(QUOTE).collect();
    if text.len() < quote.len() {
        text.push('…');
    }
    text
}

/// Whole minutes, hours or days, the largest that fits twice.
fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn examples(document: &Document) -> Markup {
    let of = |check: &CheckScore| -> Vec<(&Judged, &Finding)> {
        let all =
            document.findings.iter().flat_map(|judged| judged.findings.iter().map(move |finding| (judged, finding)));
        all.filter(|(_, finding)| finding.check == check.check && finding.verdict == Verdict::Fail)
            .take(EXAMPLES)
            .collect()
    };
    html! {
        @if document.checks.iter().all(|check| check.failed == 0) { p.soft { "There are none." } }
        @for check in document.checks.iter().filter(|check| check.failed > 0) {
            h3 { (check.title) " · " (check.failed) " broken" }
            @for (judged, one) in of(check) {
                article.fails {
                    p.soft { "Conversation " (judged.conversation_uid) ", " (day(&judged.created_at)) }
                    (finding(&document.rubric, one))
                }
            }
        }
    }
}

fn limits(rubric: &Rubric) -> Markup {
    html! {
        ul {
            @for check in &rubric.checks {
                li {
                    strong { (check.title) } " "
                    span.soft { "(" (check.rule.kind().replace('_', " ")) ", " (check.severity.as_str()) ")" }
                    @if !check.limits.is_empty() { br; (check.limits) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::document;

    #[test]
    fn the_page_stands_alone_and_a_customers_text_is_text() {
        let mut document = document();
        let broken = document.worst[0].findings.iter_mut().find(|finding| finding.reason == "said").unwrap();
        broken.evidence[0].quote = "<script>alert('x')</script>".to_owned();
        let page = page(&document, "abc");
        assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
        for foreign in ["http://", "https://", "@import", "url("] {
            assert!(!page.contains(foreign), "{foreign}");
        }
        assert!(page.contains("<svg") && page.contains("role=\"img\"") && page.contains("lang=\"en\""));
        assert!(page.contains("prefers-color-scheme:dark") && page.contains("@media print"));
    }

    #[test]
    fn a_page_says_whether_it_is_masked() {
        let full = Document { masked: false, ..document() };
        assert!(page(&full, "").contains("may hold personal data"));
        assert!(page(&Document { masked: true, ..full }, "").contains("are masked"));
    }

    #[test]
    fn a_score_below_a_hundred_never_reads_as_one() {
        let read = [Some(100.0), Some(99.995), Some(93.58), Some(0.0), None].map(number);
        assert_eq!(read, ["100.0", "99.9", "93.6", "0.0", "–"]);
    }

    #[test]
    fn durations_read_well() {
        for (seconds, text) in [(59, "59 s"), (120, "2 min"), (7_200, "2 h"), (172_800, "2 days")] {
            assert_eq!(duration(seconds), text);
        }
    }
}
