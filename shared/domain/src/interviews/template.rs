//! Texts with variables: `Hello {{expert_name}}`.
//!
//! Values are put in once and never read again as a template, so a variable that refers to itself, or a value that looks like a
//! variable, is only text.

use std::collections::BTreeSet;

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// A piece of a template.
enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
}

/// The pieces in order. Braces around what cannot be a name are text.
fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let name = after.split_once(CLOSE).map(|(name, tail)| (name.trim(), tail)).filter(|(name, _)| is_name(name));
        match name {
            Some((name, tail)) => {
                pieces.extend([Piece::Text(before), Piece::Variable(name)]);
                rest = tail;
            }
            None => {
                pieces.extend([Piece::Text(before), Piece::Text(OPEN)]);
                rest = after;
            }
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// Whether a text can name a variable: a letter, then letters, digits and underscores, all ASCII (the seed's rule).
pub fn is_name(text: &str) -> bool {
    text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Names of the variables that a template uses, in the order of the alphabet.
pub fn variables(template: &str) -> BTreeSet<&str> {
    let names = pieces(template).into_iter().filter_map(|piece| match piece {
        Piece::Variable(name) => Some(name),
        Piece::Text(_) => None,
    });
    names.collect()
}

/// The template with each variable replaced by its value, and by nothing where it has none.
pub fn filled(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let pieces = pieces(template).into_iter().map(|piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Variable(name) => value(name).unwrap_or_default(),
    });
    pieces.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fill(template: &str) -> String {
        filled(template, |name| match name {
            "name" => Some("Ann".to_owned()),
            "loop" => Some("{{loop}}{{name}}".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn variables_are_filled_in_once() {
        for (template, filled) in [
            ("Hello {{name}}!", "Hello Ann!"),
            ("{{ name }}{{name}}", "AnnAnn"),
            ("a {{loop}} b", "a {{loop}}{{name}} b"),
            ("{{unknown}}.", "."),
            ("{{not a name}} {{}} {{1a}} {{", "{{not a name}} {{}} {{1a}} {{"),
            ("{{{{name}}}}", "{{Ann}}"),
            ("", ""),
        ] {
            assert_eq!(fill(template), filled, "{template}");
        }
        assert_eq!(variables("{{b}} {{a}} {{b}} {{-}}").into_iter().collect::<Vec<_>>(), ["a", "b"]);
    }

    proptest! {
        #[test]
        fn a_text_without_variables_stays_as_it_is(text in "[^{}]*") {
            prop_assert_eq!(fill(&text), text);
        }

        #[test]
        fn anything_is_filled_without_panic_and_what_is_left_holds_no_value_twice(text in "[{}a-z ]{0,60}") {
            let once = filled(&text, |name| Some(format!("<{name}>")));
            prop_assert_eq!(once.matches('<').count(), once.matches('>').count());
            let shown: Vec<String> = variables(&text).iter().map(|name| format!("<{name}>")).collect();
            prop_assert!(shown.iter().all(|value| once.contains(value)));
        }
    }
}
