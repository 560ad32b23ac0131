//! What a ready rubric says of a file of conversations, without any stack: the page and the JSON document, and some failures to read.
//!
//!     cargo run -p compliance --example audit -- conversations.jsonl general_support OUT [FAILURES] [SEED]
#![expect(clippy::print_stdout, reason = "a program whose output is to be read")]

use std::error::Error;
use std::path::Path;

use compliance::{Auditor, Header, assemble, canonical, find, page, sha256};
use domain::audits::document::{Counts, Scope, Verdict};
use domain::conversation::intake;
use domain::facts::FactRow;
use domain::settings::Settings;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, name, out, rest @ ..] = arguments.as_slice() else {
        return Err("audit FILE RUBRIC OUT [FAILURES] [SEED]".into());
    };
    let shown = rest.first().map_or(Ok(0), |text| text.parse::<usize>())?;
    let seed = rest.get(1).map_or("0", String::as_str);
    let settings = Settings::default();
    let rubric = find(&settings, name, None).ok_or("there is no such rubric")?;
    let engine = engine::Engine::new();
    let (analyser, auditor) = (engine.analyser(&settings), Auditor::new(rubric));
    let (mut full, mut masked) = (Vec::new(), Vec::new());
    for line in std::fs::read_to_string(file)?.lines() {
        let body = format!("{{\"conversations\":[{line}]}}");
        let taken = intake::read(body.as_bytes(), jiff::Timestamp::MAX)?;
        for conversation in taken.accepted {
            let analysis = analyser.analyse(&conversation);
            let sla = engine::sla_status(&conversation, &analysis, &settings);
            let judgement = auditor.judge(&conversation, &FactRow::of(&conversation, &analysis, sla), &analysis);
            full.push(judgement.full);
            masked.push(judgement.masked);
        }
    }
    let count = u32::try_from(full.len())?;
    let header = Header {
        audit_id: "aud_example".to_owned(),
        tenant: "example".to_owned(),
        requested_at: "2026-11-25T12:00:00Z".to_owned(),
        scope: Scope { from: None, to: None, filters: serde_json::json!({}), sample: None, seed: 0 },
        rubric: rubric.clone(),
        conversations: Counts { matched: count, selected: count, audited: 0, gone: 0 },
        previous: None,
    };
    let mut failures: Vec<(String, String)> = Vec::new();
    for judged in &full {
        for finding in judged.findings.iter().filter(|finding| finding.verdict == Verdict::Fail) {
            let quotes: Vec<String> =
                finding.evidence.iter().map(|quote| format!("  {}: {}", quote.message_id, quote.quote)).collect();
            let text =
                format!("{} {} ({})\n{}", judged.conversation_uid, finding.check, finding.reason, quotes.join("\n"));
            failures.push((sha256(format!("{seed} {text}").as_bytes()), text));
        }
    }
    failures.sort();
    for (_, text) in failures.iter().take(shown) {
        println!("{text}\n");
    }
    let document = assemble(header, true, masked);
    for check in &document.checks {
        println!("{:40} pass {:5} fail {:5} n/a {:5}", check.check, check.passed, check.failed, check.not_applicable);
    }
    let filed = canonical(&document)?;
    let out = Path::new(out);
    std::fs::create_dir_all(out)?;
    std::fs::write(out.join(format!("{name}.html")), page(&document, &filed.sha256))?;
    std::fs::write(out.join(format!("{name}.json")), filed.bytes)?;
    Ok(())
}
