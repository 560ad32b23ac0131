use super::*;

fn compiled(table: &str) -> Rules {
    let mut compiler = Compiler::default();
    compiler.lists(LISTS);
    compiler.table(table);
    assert_eq!(compiler.faults, Vec::<String>::new());
    compiler.finish()
}

fn hits(rules: &Rules, text: &str) -> Vec<Hit> {
    let mut words = Vec::new();
    rules.vocabulary.read(text, 0, text.len(), &mut words);
    let mut hits = Vec::new();
    rules.find(&words, 0, 0, &mut hits);
    hits
}

#[test]
fn every_line_of_every_table_is_read_and_every_cue_has_one() {
    let mut compiler = Compiler::default();
    compiler.lists(LISTS);
    for table in TABLES {
        compiler.table(table);
    }
    assert_eq!(compiler.faults, Vec::<String>::new());
    for cue in Cue::ALL {
        assert!(compiler.patterns.iter().any(|pattern| pattern.cue == *cue), "{cue:?} has no pattern");
    }
}

#[test]
fn elements_match_as_the_table_says() {
    let cases: &[(&str, &str, bool)] = &[
        ("cancel~ my|our plan", "We CANCELLED our plan", true),
        ("cancel~ my|our plan", "cancel your plan", false),
        ("cancel the? plan", "cancel plan", true),
        ("cancel .. plan", "cancel that silly old plan", true),
        ("cancel .. plan", "cancel that very silly old plan", false),
        ("cancel .. plan", "cancel that, plan", false),
        ("cancel .. plan|$", "cancel it now", true),
        ("cancel _ plan", "cancel my plan", true),
        ("# times", "14 times", true),
        ("^ answer !", "Hello. Answer!", true),
        ("^ answer !", "your answer!", false),
        ("done $", "all done, thanks", true),
        ("pay $$ #", "pay £30", true),
        ("see LINK", "see https://a.example", true),
        ("don't", "I dont", true),
    ];
    for (pattern, text, expected) in cases {
        let rules = compiled(&format!("[cancellation]\n{pattern}"));
        assert_eq!(!hits(&rules, text).is_empty(), *expected, "{pattern} in {text}");
    }
}

#[test]
fn scope_of_not_if_and_quotes() {
    let rules = compiled("[cancellation]\ncancel|leave");
    let scope = |text: &str| {
        let hit = hits(&rules, text)[0];
        (hit.negated, hit.conditional, hit.quoted)
    };
    assert_eq!(scope("I do not want to cancel"), (true, false, false));
    assert_eq!(scope("It is not good, cancel it"), (false, false, false));
    assert_eq!(scope("Not good but cancel it"), (false, false, false));
    assert_eq!(scope("Why don't you cancel it"), (false, false, false));
    assert_eq!(scope("If you want to cancel tell us"), (false, true, false));
    assert_eq!(scope("If it fails again I will cancel"), (false, false, false));
    assert_eq!(scope("The page says \"cancel any time\" here"), (false, false, true));
}
