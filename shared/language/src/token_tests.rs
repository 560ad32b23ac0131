use proptest::prelude::*;

use super::*;

fn kinds(text: &str) -> Vec<(&str, TokenKind)> {
    tokens(text).into_iter().map(|token| (token.text, token.kind)).collect()
}

#[test]
fn kinds_of_tokens() {
    use TokenKind::*;
    assert_eq!(
        kinds("@AcmeHelp #fail it's 3.5% at https://a.co/x?y=1. Mail me@x.co.uk!!! :-( 😡👍🏽"),
        [
            ("@AcmeHelp", Handle),
            ("#fail", Hashtag),
            ("it's", Word),
            ("3.5", Number),
            ("%", Mark),
            ("at", Word),
            ("https://a.co/x?y=1", Link),
            (".", Mark),
            ("Mail", Word),
            ("me@x.co.uk", Email),
            ("!!!", Mark),
            (":-(", Emoji),
            ("😡", Emoji),
            ("👍🏽", Emoji),
        ]
    );
    assert_eq!(kinds("(see www.x.com)"), [("(", Mark), ("see", Word), ("www.x.com", Link), (")", Mark)]);
    assert_eq!(kinds("a@b"), [("a", Word), ("@", Mark), ("b", Word)]);
    assert_eq!(kinds("don’t"), [("don’t", Word)]);
    assert_eq!(kinds("10:30"), kinds("10:30"));
}

#[test]
fn norms_and_flags() {
    let found = tokens("Sooooo GOOOOD I DON’T loooove pleaseeee coolll");
    let norms: Vec<&str> = found.iter().map(|token| &*token.norm).collect();
    assert_eq!(norms, ["so", "good", "i", "don't", "love", "please", "cooll"]);
    assert!(found[0].elongated && !found[0].shouted && found[1].shouted && found[3].shouted && !found[2].shouted);
}

#[test]
fn negation_scope() {
    let negated = |text: &str| -> Vec<String> {
        tokens(text).into_iter().filter(|token| token.negated).map(|token| token.text.to_owned()).collect()
    };
    assert_eq!(negated("not good at all"), ["good", "at", "all"]);
    assert_eq!(negated("no, it works"), Vec::<String>::new());
    assert_eq!(negated("it doesn't work but I like it"), ["work", "but"]);
    assert_eq!(negated("never one two three four five"), ["one", "two", "three", "four"]);
}

proptest! {
    #[test]
    fn tokens_cover_what_is_not_space(text in "(\\PC|[ \n@#:/.)(a-z!😀]){0,60}") {
        let mut end = 0;
        for token in tokens(&text) {
            prop_assert!(token.range.start >= end && !token.range.is_empty());
            prop_assert_eq!(text.get(token.range.clone()), Some(token.text));
            let gap = text.get(end..token.range.start).unwrap();
            prop_assert!(gap.chars().all(|letter| letter.is_whitespace() || letter.is_control()), "{:?}", gap);
            end = token.range.end;
        }
    }
}
